/**
 * `npm run soak -- [NAME...] [--count N] [--seed S] [--broker prosody|ejabberd]`: the proofs that take minutes. Without names,
 * all of them, on both Brokers where Brokers have a part in them. Ends with a table; exit code 1 when one failed.
 */
import { parseArgs } from 'node:util'
import { badNetwork } from '../test/soak/bad-network.ts'
import { blackhole } from '../test/soak/blackhole.ts'
import { brokerAway } from '../test/soak/broker-away.ts'
import { cases } from '../test/soak/cases.ts'
import { faults } from '../test/soak/faults.ts'
import { fleet } from '../test/soak/fleet.ts'
import { flood } from '../test/soak/flood.ts'
import { fuzzIntake } from '../test/soak/fuzz-intake.ts'
import { fuzzItems } from '../test/soak/fuzz-items.ts'
import { fuzzReplies } from '../test/soak/fuzz-replies.ts'
import { fuzzWire } from '../test/soak/fuzz-wire.ts'
import { journeys } from '../test/soak/journeys.ts'
import { killExchanges } from '../test/soak/kill-exchanges.ts'
import { killGridToRid } from '../test/soak/kill-grid-to-rid.ts'
import { killRidToGrid } from '../test/soak/kill-rid-to-grid.ts'
import { oddBrokers } from '../test/soak/odd-brokers.ts'
import { peerFlood } from '../test/soak/peer-flood.ts'
import type { Findings, Proof } from '../test/soak/proof.ts'
import { publisherFlood } from '../test/soak/publisher-flood.ts'
import { sameReading } from '../test/soak/same-reading.ts'
import { slowLine } from '../test/soak/slow-line.ts'

interface Named {
  readonly proof: Proof
  readonly count: number
  readonly about: string
  /** false: no Broker has a part in it, so once is enough */
  readonly onBrokers?: false
}

const PROOFS: Readonly<Record<string, Named>> = {
  cases: {
    proof: cases,
    count: 50,
    about: 'the unit tests; count: times the cases of each property',
    onBrokers: false,
  },
  'fuzz-intake': { proof: fuzzIntake, count: 1_000_000, about: 'bodies that peers could send', onBrokers: false },
  'fuzz-items': { proof: fuzzItems, count: 200_000, about: 'items that publishers could write', onBrokers: false },
  'fuzz-replies': { proof: fuzzReplies, count: 200_000, about: 'answers that peers could give', onBrokers: false },
  reading: {
    proof: sameReading,
    count: 100_000,
    about: 'documents and items read in one walk and step by step',
    onBrokers: false,
  },
  'fuzz-wire': { proof: fuzzWire, count: 100_000, about: 'requests framed as oddly as can be', onBrokers: false },
  'kill-rid-to-grid': { proof: killRidToGrid, count: 50, about: 'kill -9 as senders post; count: kills' },
  'kill-grid-to-rid': { proof: killGridToRid, count: 50, about: 'kill -9 as items come; count: kills' },
  'kill-exchanges': {
    proof: killExchanges,
    count: 50,
    about: 'kill -9 as questions are open, two gateways in a ring; count: kills',
    onBrokers: false,
  },
  fleet: {
    proof: fleet,
    count: 20,
    about:
      'three gateways, haproxy, two nodes of ejabberd, PostgreSQL with a standby; count: faults, alone and two at once',
    onBrokers: false,
  },
  'bad-network': { proof: badNetwork, count: 180, about: 'cut, stalled, slow, half-open connections; count: seconds' },
  blackhole: { proof: blackhole, count: 12, about: 'connections forgotten with much under way; count: times' },
  'odd-brokers': {
    proof: oddBrokers,
    count: 50,
    about: 'Brokers of other kinds, in a script; count: times the line breaks',
    onBrokers: false,
  },
  faults: {
    proof: faults,
    count: 15,
    about: 'what goes wrong at night, seen in /ready, alerts and page; count: seconds to be seen in',
  },
  flood: { proof: flood, count: 10_000, about: 'forged events, foreign items, a giant one; count: of each' },
  'peer-flood': {
    proof: peerFlood,
    count: 30,
    about: 'one of three peers, or strangers, want all; count: seconds each',
  },
  'publisher-flood': {
    proof: publisherFlood,
    count: 10_000,
    about: 'small odd items by who may publish; count: of each',
  },
  'broker-away': { proof: brokerAway, count: 60, about: 'the Broker is away as senders post; count: seconds' },
  'slow-line': { proof: slowLine, count: 120, about: 'a server that holds accounts back; count: reports of 20 kB' },
  journeys: { proof: journeys, count: 10_000, about: 'generated reports, every encoding, to slixmpp; count: reports' },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    seed: { type: 'string', default: '20260101' },
    broker: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const unknown = positionals.filter((name) => !Object.hasOwn(PROOFS, name))
if (values.help || unknown.length > 0) {
  for (const name of unknown) console.error(`there is no proof ${name}`)
  console.error('npm run soak -- [NAME...] [--count N] [--seed S] [--broker prosody|ejabberd]\n')
  for (const [name, { about, count }] of Object.entries(PROOFS))
    console.error(`  ${name.padEnd(18)}${about} [${count}]`)
  process.exit(values.help ? 0 : 2)
}
const brokers = (['prosody', 'ejabberd'] as const).filter((kind) =>
  [undefined, kind].includes(values.broker as typeof kind),
)
const names = positionals.length > 0 ? positionals : Object.keys(PROOFS)

const rows: { name: string; seconds: number; found: Findings }[] = []
for (const name of names) {
  const kinds = PROOFS[name]?.onBrokers === false ? brokers.slice(0, 1) : brokers
  for (const kind of kinds) rows.push(await run(name, kind))
}

console.log()
for (const { name, seconds, found } of rows) {
  console.log(`${found.failures.length === 0 ? 'proved' : 'FAILED'}  ${name} (${seconds} s)`)
  for (const [what, figure] of Object.entries(found.figures))
    console.log(`          ${String(figure).padStart(8)}  ${what}`)
  for (const failure of found.failures) console.log(`          ${failure}`)
}
process.exit(rows.every(({ found }) => found.failures.length === 0) ? 0 : 1)

async function run(name: string, kind: (typeof brokers)[number]) {
  const { proof, count, onBrokers } = PROOFS[name] as Named
  const title = onBrokers === false ? name : `${name} on ${kind}`
  const began = Date.now()
  const seconds = () => Math.round((Date.now() - began) / 1000)
  const say = (line: string) => console.error(`${String(seconds()).padStart(5)} s  ${title}: ${line}`)
  say('begins')
  let found: Findings
  try {
    found = await proof({ kind, count: Number(values.count ?? count), seed: Number(values.seed), say })
  } catch (error) {
    found = { figures: {}, failures: [error instanceof Error ? (error.stack ?? error.message) : String(error)] }
  }
  return { name: title, seconds: seconds(), found }
}

import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/random.ts'
import { disorder } from './disorder.ts'
import { FAULTS, inflict, mend } from './fleet-faults.ts'
import { type Befallen, charged, judgeOutages, judgePeer, missing } from './fleet-judge.ts'
import { type FleetParts, startFleet, taken } from './fleet-parts.ts'
import { plan } from './fleet-plan.ts'
import { startQuestions } from './fleet-questions.ts'
import { startOperator } from './operator.ts'
import { duration, longest, watchSenders } from './outages.ts'
import { createFailures, type Findings, type Proof, type ProofOptions } from './proof.ts'
import { startReporters } from './reporters.ts'

const SENDERS = 16

/**
 * `count` faults, one alone and two at once in turn, under three gateways that are one: a gateway, a node of the Controller, the database die,
 * a gateway or the balancer stands still, a path between any two is cut or swallows everything. Every acknowledged report is at the Broker and at
 * each peer as it was sent, those of one incident in their order, whichever gateway took them; it comes again only where a fault was; senders see
 * 503 with Retry-After or an end of their connection, and that not for long. Meanwhile an operator looks, and stops and starts a peer's deliveries.
 */
export const fleet: Proof = async (options) => {
  await using parts = await startFleet()
  let found: Findings | undefined
  try {
    found = await prove(parts, options)
    return found
  } finally {
    if (found === undefined || found.failures.length > 0)
      options.say(`the gateways' logs are in ${await keepLogs(parts)}`)
  }
}

async function keepLogs({ gateways }: FleetParts): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fleet-'))
  for (const { name, past, process } of gateways)
    await writeFile(join(dir, `${name}.log`), [...past, ...process.lines].join('\n'))
  return dir
}

async function prove(parts: FleetParts, { count, seed, say }: ProofOptions): Promise<Findings> {
  const steps = plan(FAULTS, count, createRandom(seed))
  const failures = createFailures()
  const { gateways, balancers, peers, subscribers } = parts
  const senders = watchSenders((gateways[0] as (typeof gateways)[0]).site, balancers)
  await using reporters = await startReporters(senders, 'csirt-a', {
    ...{ senders: SENDERS, pause: 2_000, mixed: false, givesUp: 0 },
    random: createRandom(seed + 1),
  })
  const acknowledged = () => reporters.posted.filter((report) => report.acknowledged)
  const answered = async () => {
    const from = Date.now()
    await eventually('each sender to be answered', () => senders.allAnswered(from), { ms: 120_000 })
  }
  await answered()
  await using operator = startOperator(
    gateways.map(({ site }) => site),
    { random: createRandom(seed + 2), posted: reporters.posted, destination: 'csirt-c' },
  )

  await using questions = await startQuestions(parts, createRandom(seed + 3))

  const faults: Befallen[] = []
  for (const [n, step] of steps.entries()) {
    const what: string[] = []
    const inflicted = await inflict(step, parts, (begun) => what.push(begun))
    await answered()
    const until = Date.now()
    const befallen = inflicted.map((fault) => ({ ...fault, until }))
    faults.push(...befallen)
    const outage = longest(senders.outages, befallen[0]?.from ?? 0, until)
    const length = outage && `${duration(outage)} ms without an answer, ${charged(outage, faults)} to be charged`
    say(
      `${n + 1} of ${steps.length}: ${what.join(' and ')}; ${acknowledged().length} reports; ${length} (${outage?.seen.join(', ')})`,
    )
    await mend(parts, step)
    await wait(2_000)
  }
  await reporters.stop()
  await operator.stop()
  const asked = await questions.stop(failures)
  const wanted = acknowledged()
  say('at rest')
  for (const { site } of gateways)
    await site.drained(180_000).catch((error) => failures.add('not drained', String(error)))
  await eventually(
    'all to be at each peer',
    () => [...peers.values()].every((at) => missing(wanted, at).length === 0),
    { ms: 120_000 },
  ).catch(() => undefined)
  // what comes again now comes late
  await wait(10_000)

  for (const text of [...reporters.unexpected, ...senders.odd]) failures.add('unexpected answer', text)
  for (const text of operator.odd) failures.add('a command', text)
  const byItem = new Map(reporters.posted.map((report) => [report.item, report]))
  for (const [n, subscriber] of subscribers.entries()) {
    for (const text of disorder(subscriber.items.map(({ id }) => byItem.get(id))))
      failures.add(`order at node ${n}`, text)
    const kept = new Set(await subscriber.ids('incident'))
    for (const { item, incident, version } of wanted)
      if (!kept.has(item)) failures.add(`lost at node ${n}`, `v${version} of ${incident}`)
  }
  const counts: Record<string, number> = {}
  let again = 0
  for (const [name, arrivals] of peers) {
    counts[`messages at ${name}`] = arrivals.length
    again += judgePeer(failures, name, arrivals, reporters.posted, faults)
  }
  const outages = judgeOutages(failures, senders.outages, faults)
  const shown = new Set(subscribers.flatMap(({ items }) => items.map(({ id }) => id)))
  return {
    failures: failures.all(),
    figures: {
      faults: faults.length,
      'of these together with another': 2 * steps.filter(({ length }) => length > 1).length,
      senders: SENDERS,
      'reports acknowledged': wanted.length,
      'taken by each gateway, repeats too': gateways.map(taken).join(', '),
      'of these shown to a subscriber at once': wanted.filter(({ item }) => shown.has(item)).length,
      ...asked,
      'commands of an operator, and those for which no store could be reached': `${operator.counts.done}, ${operator.counts.away}`,
      '503 with Retry-After': senders.refused,
      'connections that ended': senders.cut,
      ...counts,
      'messages that came again': again,
      ...outages,
    },
  }
}

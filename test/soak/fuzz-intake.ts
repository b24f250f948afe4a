import type { Config } from '../../src/config/types.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createAccept } from '../../src/relay/accept.ts'
import type { Answer } from '../../src/rid/contract.ts'
import type { Delivery } from '../../src/store/contract.ts'
import { grid, peer } from '../relay/journey.ts'
import { createBench, log, MEMORY, request, type SqliteBench } from '../store/support.ts'
import type { Chance } from '../support/arbitraries.ts'
import { createFuzzReader, sample } from './fuzz-reader.ts'
import { encode, mutated, seedTexts, someText } from './fuzz-seeds.ts'
import { resident, Watch } from './fuzz-watch.ts'
import { createJudge, type Flaw } from './judge-approval.ts'
import { createChance, damage } from './mutate.ts'
import { createFailures, type Findings, type ProofOptions } from './proof.ts'

/** inputs after which a store is thrown away: what it has kept would make each look slower */
const STORE_LIFE = 20_000

/**
 * `count` bodies as peers could send them, through the door that the listener hands them to, into a store. Whatever is Approved is in
 * the store, goes to nobody who may not have it, and comes back from there as it was posted; nothing else is stored.
 */
export async function fuzzIntake({
  count,
  seed,
  say,
}: Pick<ProofOptions, 'count' | 'seed' | 'say'>): Promise<Findings> {
  const failures = createFailures()
  const c = createChance(seed)
  const seeds = seedTexts()
  const reader = createFuzzReader()
  const answers = new Map<string, number>()
  using watch = new Watch(count, failures, reader)
  let stored = 0
  for (let from = 0; from < count; from += STORE_LIFE) {
    await using bench = await createBench(MEMORY)
    const door = openDoor(bench, reader)
    const judge = createJudge(c)
    for (let n = from; n < Math.min(count, from + STORE_LIFE); n += 1) {
      const { bytes, charset } = body(c, n, seeds)
      const complain = (kind: string, what: string) =>
        failures.add(kind, `${what}: input ${n} of seed ${seed}, charset ${charset}, ${sample(bytes)}`)
      try {
        const answer = await door({ body: bytes, ...(charset !== undefined && { charset }) }, n)
        const word = wordFor(answer)
        answers.set(word, (answers.get(word) ?? 0) + 1)
        const kept = await takeAll(bench)
        stored += kept.length
        const flaws = word === 'Approved' ? await judge(bytes, charset, kept) : refusalFlaws(word, kept)
        for (const flaw of flaws) complain(...flaw)
      } catch (error) {
        complain('thrown', error instanceof Error ? (error.stack ?? error.message) : String(error))
      }
      watch.at(n)
    }
    say(`${Math.min(count, from + STORE_LIFE)} of ${count}, ${stored} items stored, ${resident()} MiB`)
  }
  const costs = watch.end()
  return {
    failures: failures.all(),
    figures: {
      'bodies, all answered': count,
      ...Object.fromEntries([...answers].sort().map(([word, times]) => [`answered ${word}`, times])),
      'items stored, all equal to what was posted': stored,
      ...costs,
    },
  }
}

/** What may be answered, but for Approved. */
const KNOWN = new Set(['Denied', '400', '403', '413'])

function refusalFlaws(word: string, kept: readonly Delivery[]): Flaw[] {
  const flaws: Flaw[] = []
  if (!KNOWN.has(word)) flaws.push(['an answer that nobody knows', word])
  if (kept.length > 0) flaws.push(['stored though not approved', word])
  return flaws
}

function body(c: Chance, n: number, seeds: readonly string[]): { bytes: Uint8Array; charset?: string } {
  const text = mutated(c, someText(c, n, seeds), 4, seeds)
  const encoded = encode(c, text)
  return c.once(6) ? { ...encoded, bytes: damage(c, encoded.bytes) } : encoded
}

/** The door in, with a Topic that takes what is public or for partners. */
function openDoor(
  { store, clock }: SqliteBench,
  reader: ReturnType<typeof createFuzzReader>,
): (message: { body: Uint8Array; charset?: string }, n: number) => Promise<Answer> {
  const config = {
    ...grid({ restrictions: ['public', 'partner'] }, 250_000),
    peers: [],
    rid: { name: 'rid.example' },
    delivery: { maxAge: 1, concurrency: 1, maxQueue: 1_000_000 },
  } as unknown as Config
  const events = createEvents({ log, metrics: createMetrics(), clock })
  const accept = createAccept({ config, reader, store, events, wake: () => {} })
  return (message, n) => accept({ id: `m${n}`, peer: peer(), receivedAt: clock.now(), ...message })
}

/** What goes on the wire, in a word. */
function wordFor(answer: Answer): string {
  if (answer.kind === 'reply')
    return /AuthorizationStatus="(\w+)"/.exec(answer.xml)?.[1] ?? (answer.xml === '' ? 'Approved' : answer.xml)
  if (answer.kind === 'promised') return '202'
  const { status, title } = answer.problem
  // the gateway's own fault, in a friendly word
  return title === 'Cannot be read' ? title : `${status}`
}

/** What the store has for the Topic since the last look, and takes for published from now on. */
async function takeAll({ store, clock }: SqliteBench): Promise<Delivery[]> {
  const taken: Delivery[] = []
  for (;;) {
    const units = (await store.claim(request(clock, { limit: 600 }))).flat()
    if (units.length === 0) return taken
    await store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
    taken.push(...units)
  }
}

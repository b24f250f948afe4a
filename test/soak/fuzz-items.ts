import type { PeerConfig } from '../../src/config/types.ts'
import type { Sink } from '../../src/delivery/sink.ts'
import { createEvents } from '../../src/events.ts'
import type { GridItem } from '../../src/grid/contract.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import { readAgain } from '../../src/relay/look-at-item.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import type { Delivery, Settlement, Store } from '../../src/store/contract.ts'
import { peer, read } from '../relay/journey.ts'
import { createBench, log, MEMORY, request, type SqliteBench } from '../store/support.ts'
import type { Chance } from '../support/arbitraries.ts'
import { TO_PEER } from '../support/sample-config.ts'
import { createFuzzReader, sample } from './fuzz-reader.ts'
import { seedTexts } from './fuzz-seeds.ts'
import { resident, Watch } from './fuzz-watch.ts'
import { forgedItem, honestItem } from './item-forgery.ts'
import { createChance } from './mutate.ts'
import { asksForMore, treeOf } from './other-eyes.ts'
import { createFailures, type Findings, type ProofOptions } from './proof.ts'

/** items that come in at once, one of them honest */
const AT_ONCE = 16
const STORE_LIFE = 10_000
/** ms, more than a document waits for its parts */
const GRACE = 60_000

/** One who may have everything, and one who is sent Reports that are public or for partners. */
const EVERYBODY = peer({ name: 'all' })
const PARTNER = peer({ name: 'partner', restrictions: ['public', 'partner'], send: ['Report'] })

/**
 * `count` items as whoever may publish could write them, through the door that the grid hands them to and on to two peers. None stops
 * the honest one among them; what a peer is sent is valid, and asks for no more than it may have.
 */
export async function fuzzItems({ count, seed, say }: Pick<ProofOptions, 'count' | 'seed' | 'say'>): Promise<Findings> {
  const failures = createFailures()
  const c = createChance(seed)
  const seeds = seedTexts(['valid', 'rid'])
  const reader = createFuzzReader()
  using watch = new Watch(count, failures, reader)
  const earlier: GridItem[] = []
  let [honest, messages] = [0, 0]
  for (let from = 0; from < count; from += STORE_LIFE) {
    await using bench = await createBench(MEMORY)
    for (let n = from; n < Math.min(count, from + STORE_LIFE); n += AT_ONCE) {
      const items = batch(c, n, seeds, earlier)
      await takeIn(bench, reader, items).catch((error: unknown) => {
        const what = error instanceof Error ? error.stack : error
        failures.add('a Topic is stopped', `${what}: ${items.map(({ xml }) => sample(xml)).join(' ')}`)
      })
      await bench.clock.advance(GRACE)
      for (const to of [EVERYBODY, PARTNER]) {
        const sent = await sendAll(bench, reader, to)
        messages += sent.length
        if (sent.some((xml) => xml.includes(`honest.example">${n}<`))) honest += 1
        else failures.add('an honest item did not arrive', `${n} of seed ${seed} at ${to.name}`)
        for (const xml of sent) for (const flaw of flawsOf(xml, to)) failures.add(flaw, sample(xml))
      }
      watch.at(n)
    }
    say(`${Math.min(count, from + STORE_LIFE)} of ${count}, ${messages} messages, ${resident()} MiB`)
  }
  const costs = watch.end()
  return {
    failures: failures.all(),
    figures: {
      'items taken in': count,
      'honest ones among them, at both peers': honest / 2,
      'messages to peers, all valid and allowed': messages,
      ...costs,
    },
  }
}

function batch(c: Chance, n: number, seeds: readonly string[], earlier: GridItem[]): GridItem[] {
  const items = Array.from({ length: AT_ONCE - 1 }, (_, i) => forgedItem(c, n + i, seeds, earlier))
  for (const item of items) earlier[c.int(200)] = item
  for (let i = 0; i < earlier.length; i += 1) earlier[i] ??= items[0] as GridItem
  items.splice(c.int(items.length), 0, honestItem(n))
  return items
}

function takeIn(
  { store, clock }: SqliteBench,
  reader: ReturnType<typeof createFuzzReader>,
  items: readonly GridItem[],
) {
  const events = createEvents({ log, metrics: createMetrics(), clock })
  const config = { peers: [EVERYBODY, PARTNER] }
  return createConsumer({ config, reader, store, events, clock, wake: () => {} })('incident', items)
}

/** Everything that is due for that peer, as the engine would send it. */
async function sendAll({ store, clock }: SqliteBench, reader: ReturnType<typeof createFuzzReader>, to: PeerConfig) {
  const sent: string[] = []
  const sink = sinkOf(store, reader, to, sent)
  for (;;) {
    const units = await store.claim(request(clock, { kind: 'peer', destination: to.name, limit: 100 }))
    if (units.length === 0) return sent
    for (const unit of units) await store.settle(await settle(sink, unit))
  }
}

function sinkOf(store: Store, reader: ReturnType<typeof createFuzzReader>, to: PeerConfig, sent: string[]): Sink {
  return createPeerSink({
    peer: to,
    store,
    reread: (item) => readAgain(reader, item),
    keepAnswer: async () => undefined,
    sender: {
      async send({ write }) {
        sent.push(write(TO_PEER))
        return { kind: 'delivered', status: 200 }
      },
      async [Symbol.asyncDispose]() {},
    },
  })
}

async function settle(sink: Sink, unit: readonly Delivery[]): Promise<Settlement[]> {
  const outcome = await sink.send(unit, AbortSignal.timeout(60_000))
  if (outcome.kind === 'delivered') return unit.map(({ id }) => ({ id, to: 'delivered' }))
  if (outcome.kind === 'retry') throw new Error(outcome.reason)
  const { kind, reason, only } = outcome
  const state = kind === 'hold' ? 'held' : 'withheld'
  return unit.map(({ id }) =>
    only === undefined || only === id
      ? { id, to: state, reason }
      : { id, to: 'pending', reason, nextAttempt: 0, countAttempt: false },
  )
}

function flawsOf(xml: string, to: PeerConfig): string[] {
  const { valid, errors, rid, improper = [] } = read(xml)
  const flaws: string[] = []
  // a part without its siblings may point to what they hold (docs/grid-profile.md §6)
  const isPart = errors.every(({ message }) => /^uid-ref of /.test(message))
  if (!valid && !isPart) flaws.push(`a message that is not valid (${errors.map(({ message }) => message).join(' ')})`)
  else if (improper.length > 0) flaws.push(`an improper message (${improper[0]?.message})`)
  if (rid !== null && !to.send.some((type) => type === rid.msgType)) flaws.push(`${to.name} was sent a ${rid.msgType}`)
  const tree = treeOf(xml)
  if (to === PARTNER && (tree === undefined || asksForMore(tree))) flaws.push('shown to whom it must not reach')
  return flaws
}

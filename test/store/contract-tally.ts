import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DeliverySummary, Desk, NewDelivery, QueueFilter, Tally } from '../../src/store/contract.ts'
import { type Bench, delivery, envelope, request } from './support.ts'

const OPEN = ['pending', 'sending', 'held', 'withheld'] as const

const FILTERS: readonly QueueFilter[] = [
  ...([{ states: OPEN }, {}, { states: ['delivered'] }, { states: ['discarded', 'held'] }, { states: [] }] as const),
  ...([
    { kind: 'peer' },
    { destination: 'incident' },
    { states: OPEN, kind: 'topic', destination: 'incident' },
  ] as const),
  ...([
    { reason: '40' },
    { states: ['held'], reason: 'ANSWERED' },
    { incident: 'held-1' },
    { incident: 'nobody' },
  ] as const),
  ...([{ limit: 3 }, { states: ['held'], limit: 4 }, { limit: 1_010 }, { states: OPEN, limit: 100_000 }] as const),
  { destination: 'nowhere' },
]

/** What `tally` is to give, from every row that `pages` does. */
async function counted(store: Desk, filter: QueueFilter, times: readonly number[]): Promise<Tally[]> {
  const rows: DeliverySummary[] = []
  for await (const page of store.pages(filter)) rows.push(...page)
  const aged = rows.map(({ kind, destination, state, reason, createdAt }) => {
    return { kind, destination, state, reason, createdAt, age: times.filter((time) => createdAt <= time).length }
  })
  const groups = Map.groupBy(aged, ({ createdAt: _, ...same }) => JSON.stringify(same))
  return [...groups.values()].map((group) => {
    const { createdAt: _, ...same } = group[0]!
    return { ...same, count: group.length, oldest: Math.min(...group.map(({ createdAt }) => createdAt)) }
  })
}

export function testTally(name: string, createBench: () => Promise<Bench>): void {
  describe(`${name}: a tally`, () => {
    test('counts what pages give, by destination, state, reason and age, the oldest first', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const began = clock.now()
      const put = async (item: string, count: number, more: Partial<NewDelivery> = {}) => {
        const rows = Array.from({ length: count }, (_, n) => delivery(`${item}-${n}`, more))
        await store.accept(envelope(clock, item, rows))
        await clock.advance(1_000)
      }
      await put('over', 1_003)
      const over = (await store.claim(request(clock, { limit: 2_000 }))).flat()
      await store.settle(over.map(({ id }) => ({ id, to: 'delivered' })))
      await put('to-peer', 2, { kind: 'peer' })
      await put('held', 3, { state: 'held', reason: 'answered 403' })
      await put('elsewhere', 1, { destination: 'other', state: 'withheld', reason: 'restriction' })
      await put('claimed', 2)
      await put('waiting', 2)
      await put('held-later', 2, { state: 'held', reason: 'answered 403' })
      await put('unexplained', 1, { state: 'held' })
      await put('given-up', 4, { state: 'held', reason: 'answered 404' })
      for (const { id } of await store.list({ reason: '404' })) await store.discard(id, clock.now())
      const [tried] = (await store.claim(request(clock, { limit: 2, leaseMs: 10 }))).flat()
      const nextAttempt = clock.now() + 5_000
      await store.settle([{ id: tried!.id, to: 'pending', nextAttempt, reason: 'answered 503', countAttempt: true }])
      // the other's lease ran out, and nobody took it since: it is sending still
      await clock.advance(1_000)

      for (const handle of [store, await bench.beside()]) {
        for (const filter of FILTERS) {
          for (const times of [[], [began + 5_500, began + 2_000, began]]) {
            const all = await counted(handle, filter, times)
            assert.deepEqual(await handle.tally(filter, times, all.length), all, JSON.stringify(filter))
          }
        }
      }
      const open = await store.tally({ states: OPEN }, [], 7)
      assert.ok(open !== 'too-many')
      assert.deepEqual(
        open.map(({ kind, state, reason, count }) => [kind, state, reason, count]),
        [
          ['peer', 'pending', null, 2],
          ['topic', 'held', 'answered 403', 5],
          ['topic', 'withheld', 'restriction', 1],
          ['topic', 'pending', 'answered 503', 1],
          ['topic', 'sending', null, 1],
          ['topic', 'pending', null, 2],
          ['topic', 'held', null, 1],
        ],
      )
      assert.equal(await store.tally({ states: OPEN }, [], 6), 'too-many')
    })
  })
}

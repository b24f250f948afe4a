import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Delivery } from '../../../src/store/contract.ts'
import { createBench, delivery, envelope, MEMORY, request, type SqliteBench, sha } from '../support.ts'

/** `states`: what the tables say, whatever the store knows. */
async function withThree(): Promise<SqliteBench & { readonly states: () => (number | string)[][] }> {
  const bench = await createBench(MEMORY)
  for (const name of ['A', 'B', 'C']) await bench.store.accept(envelope(bench.clock, name, [delivery(name)]))
  const db = new DatabaseSync(bench.path, { readOnly: true })
  const select = db.prepare('SELECT state, ready, lease FROM delivery ORDER BY seq')
  select.setReturnArrays(true)
  return {
    ...bench,
    states: () => select.all() as unknown as (number | string)[][],
    async [Symbol.asyncDispose]() {
      db.close()
      await bench[Symbol.asyncDispose]()
    },
  }
}

const ids = (units: readonly Delivery[][]) => units.flat().map(({ id }) => id)

test('a claim writes nothing, and what arrives soon never was sending in the tables', async () => {
  await using bench = await withThree()
  const { store, clock, states } = bench
  const before = states()
  const claimed = await store.claim(request(clock))
  assert.equal(claimed.length, 3)
  assert.deepEqual(states(), before)
  assert.deepEqual(await store.claim(request(clock)), [], 'nobody gets it twice')
  const { pending, sending, due } = (await store.backlog())[0]!
  assert.deepEqual([pending, sending, due], [0, 3, null])
  await store.settle(ids(claimed).map((id) => ({ id, to: 'delivered' })))
  assert.deepEqual(
    states().map(([state]) => state),
    [2, 2, 2],
  )
})

test('a lease that lasts is seen from beside, and ends as any does', async () => {
  await using bench = await withThree()
  const { store, clock } = bench
  await store.claim(request(clock, { limit: 1, leaseMs: 5000 }))
  const other = await bench.beside()
  const seen = async () => (await other.list()).map(({ state }) => state)
  assert.deepEqual(await seen(), ['pending', 'pending', 'pending'])
  await clock.advance(2000)
  assert.deepEqual(await seen(), ['sending', 'pending', 'pending'])
  assert.equal((await other.backlog())[0]?.sending, 1)
  assert.equal(await other.discard((await other.list())[0]!.id, clock.now()), false)
  await clock.advance(3000)
  assert.equal((await store.claim(request(clock))).length, 3)
})

test('what is asked of one that is being sent knows of that', async () => {
  await using bench = await withThree()
  const { store, clock } = bench
  const [id] = ids(await store.claim(request(clock, { limit: 1 })))
  assert.equal(await store.discard(id!, clock.now()), false)
  assert.equal(await store.retry(id!, clock.now()), false)
  assert.equal((await store.show(id!))?.state, 'sending')
  const [second] = ids(await store.claim(request(clock, { limit: 1 })))
  assert.deepEqual(
    (await store.list({ states: ['sending'] })).map((one) => one.id),
    [id, second],
  )
})

test('a claim that is asked for behind a pause gets nothing', async () => {
  await using bench = await withThree()
  const { store, clock } = bench
  const pausing = store.pause('topic', 'incident', { since: clock.now(), by: 'somebody' })
  assert.deepEqual(await store.claim(request(clock)), [])
  assert.equal(await pausing, true)
})

test('an outcome that cannot be kept leaves the lease as it was', async () => {
  await using bench = await withThree()
  const { store, clock, path } = bench
  const [id] = ids(await store.claim(request(clock, { limit: 1 })))
  using blocker = new DatabaseSync(path)
  blocker.exec(`CREATE TRIGGER broken BEFORE UPDATE OF reason ON delivery BEGIN SELECT RAISE(ABORT, 'no'); END`)
  await assert.rejects(store.settle([{ id: id!, to: 'delivered' }]))
  assert.equal((await store.backlog())[0]?.sending, 1)
  blocker.exec('DROP TRIGGER broken')
  await store.settle([{ id: id!, to: 'delivered' }])
  assert.equal((await store.show(id!))?.state, 'delivered')
  assert.deepEqual((await store.backlog())[0]?.pending, 2)
})

test('discarded from beside before its lease was seen there: what arrives is delivered, what does not stays discarded', async () => {
  await using bench = await withThree()
  const { store, clock } = bench
  const [arrives, fails] = ids(await store.claim(request(clock, { limit: 2 })))
  const other = await bench.beside()
  for (const id of [arrives!, fails!]) assert.equal(await other.discard(id, clock.now()), true)
  await clock.advance(2000)
  await store.settle([
    { id: arrives!, to: 'delivered' },
    { id: fails!, to: 'pending', nextAttempt: clock.now(), reason: 'x', countAttempt: true },
  ])
  assert.deepEqual(
    (await store.list()).map(({ state }) => state),
    ['delivered', 'discarded', 'pending'],
  )
  const { pending, sending } = (await store.backlog())[0]!
  assert.deepEqual([pending, sending], [1, 0])
})

test('killed, a claim of the last seconds is as if it had not been', async () => {
  await using bench = await withThree()
  const { clock } = bench
  await bench.store.claim(request(clock))
  const next = await bench.reopen()
  assert.equal(await next.releaseLeases(), 0)
  assert.equal((await next.claim(request(clock))).length, 3)
})

test('of many that are under way the tables know with the next write, and whoever looks for work passes few by', async () => {
  await using bench = await createBench(MEMORY)
  const { store, clock, path } = bench
  for (let n = 0; n < 80; n += 1) await store.accept(envelope(clock, `${n}`, [delivery(`${n}`)]))
  const first = await store.claim(request(clock, { limit: 40 }))
  assert.equal(first.length, 40)
  using db = new DatabaseSync(path, { readOnly: true })
  const sending = db.prepare('SELECT count(*) AS n FROM delivery WHERE state = 1')
  assert.equal(sending.get()?.n, 0)
  await store.markSeen([{ topic: 't', itemId: sha('i'), digest: 'd', at: 1 }])
  assert.equal(sending.get()?.n, 40)
  const second = await store.claim(request(clock, { limit: 100 }))
  assert.equal(new Set(ids([...first, ...second])).size, 80)
})

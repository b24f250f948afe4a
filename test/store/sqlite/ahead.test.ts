import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewDelivery } from '../../../src/store/contract.ts'
import { type Candidate, createAhead } from '../../../src/store/sqlite/ahead.ts'
import { createBench, delivery, envelope, MEMORY, request, sha } from '../support.ts'

const candidate = (seq: number, origin = 'csirt-a'): Candidate => ({ seq, grp: null, due: 0, origin, size: 1 })
const noRow = () => undefined as never
const seqs = (candidates: readonly Candidate[]) => candidates.map(({ seq }) => seq)

test('what stands next is known until it is taken, or others may be next', () => {
  const ahead = createAhead()
  ahead.keep(1, [candidate(7), candidate(8)])
  ahead.keep(2, [candidate(9), candidate(10, 'csirt-b')])
  ahead.taken(1, 8)
  assert.deepEqual(seqs(ahead.at(1)), [7, 8], 'it was not the first')
  ahead.taken(1, 7)
  ahead.joined(1, 'csirt-a')
  assert.deepEqual(seqs(ahead.at(1)), [8], 'it stands behind the others of its origin')
  ahead.joined(1, 'csirt-b')
  ahead.joined(2, 'csirt-b')
  assert.deepEqual([seqs(ahead.at(1)), seqs(ahead.at(2))], [[], []])
  ahead.keep(1, [candidate(8)])
  ahead.keep(2, [candidate(9)])
  ahead.forget(1)
  assert.deepEqual([seqs(ahead.at(1)), seqs(ahead.at(2))], [[], [9]])
  ahead.forget()
  assert.deepEqual(seqs(ahead.at(2)), [])
})

test('what comes in where all that wait are known has its turn among them, and is looked for where others wait, too', () => {
  const ahead = createAhead()
  const come = (seq: number, origin: string, others = ahead.at(1).length) =>
    ahead.came(1, candidate(seq, origin), others, noRow)
  ahead.served(1, 'b')
  for (const [seq, origin] of ['a', 'a', 'c', 'a', 'b', 'c', 'a', 'd'].entries()) come(seq, origin)
  const known = ahead.at(1).map(({ seq, origin }) => `${origin}${seq}`)
  assert.deepEqual(known, ['c2', 'd7', 'a0', 'b4', 'c5', 'a1', 'a3', 'a6'], 'behind b it is the turn of c')
  come(9, 'd', 20)
  assert.deepEqual(seqs(ahead.at(1)), [])
  come(10, 'd', 1)
  assert.deepEqual(seqs(ahead.at(1)), [], 'another waits that nobody looked for')
})

test('what comes in one by one is claimed in the turns in which it would be found', async () => {
  await using bench = await createBench(MEMORY)
  const { store, clock } = bench
  const names = ['a1', 'b1', 'a2', 'c1', 'a3', 'b2', 'd1', 'c2', 'a4']
  const bring = async () => {
    await clock.advance(1000)
    for (const name of names) {
      const id = `${clock.now()} ${name}`
      await store.accept({ ...envelope(clock, id, [delivery(id)]), source: name.slice(0, 1) })
    }
  }
  const taken = async (forget: () => Promise<unknown>) => {
    const order: string[] = []
    for (const _ of names) {
      await forget()
      const [one] = (await store.claim(request(clock, { limit: 1 }))).flat()
      order.push(one?.source ?? '')
    }
    await store.settle((await store.list({ states: ['sending'] })).map(({ id }) => ({ id, to: 'delivered' })))
    return order
  }
  await bring()
  assert.deepEqual(await taken(async () => {}), ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'a', 'a'])
  await bring()
  const known = await taken(async () => {})
  await bring()
  const other = await bench.beside()
  assert.deepEqual(await taken(() => other.probe()), known)
  assert.deepEqual(known, ['b', 'c', 'd', 'a', 'b', 'c', 'a', 'a', 'a'])
})

test('what is claimed as it came in is what is written of it', async () => {
  await using bench = await createBench(MEMORY)
  const { store, clock } = bench
  const send = (name: string, item: string, more: Partial<NewDelivery> = {}, source = 'csirt-a') =>
    store.accept({ ...envelope(clock, name, [delivery(name, { item, ...more })]), source })
  await send('plain', sha('plain'))
  await send('text', 'an id of another kind', { also: ['x 1', 'x 2'], reason: 'why', origin: 'a@b.example' })
  await send('apart', sha('same'), { variant: sha('one'), apart: sha('apart one') })
  await send('apart, too', sha('same'), { variant: sha('two'), apart: sha('apart two') }, 'csirt-b')
  await send('long', sha('long'), { payload: 'x'.repeat(20_000) })
  const claimed = (await store.claim(request(clock))).flat()
  assert.equal(claimed.length, 5)
  assert.ok(claimed.some(({ item }) => item === sha('apart two')))
  for (const one of claimed) assert.deepEqual(await store.show(one.id), one)
})

async function withMany() {
  const bench = await createBench(MEMORY)
  const many = ['A', 'B', 'C', 'D', 'E'].map((name) => delivery(name))
  await bench.store.accept(envelope(bench.clock, 'many', many))
  const next = async (limit = 1) => {
    const claimed = await bench.store.claim(request(bench.clock, { limit }))
    return claimed.flat().map(({ payload }) => payload.replaceAll(/<.?payload>/g, ''))
  }
  return { ...bench, next }
}

test('a claim takes nothing that was discarded, in this process or beside it, since it was looked for', async () => {
  await using bench = await withMany()
  const { store, clock, next } = bench
  assert.deepEqual(await next(), ['A'])
  const idOf = async (name: string) => (await store.list()).find(({ item }) => item === sha(name))?.id ?? ''
  assert.equal(await store.discard(await idOf('B'), clock.now()), true)
  assert.deepEqual(await next(), ['C'])
  const other = await bench.beside()
  assert.equal(await other.discard(await idOf('D'), clock.now()), true)
  assert.deepEqual([await next(), await next()], [['E'], []])
})

test('a claim takes nothing of a destination that was paused since it was looked for', async () => {
  await using bench = await withMany()
  const { store, clock, next } = bench
  assert.deepEqual(await next(), ['A'])
  const other = await bench.beside()
  await other.pause('topic', 'incident', { since: clock.now(), by: 'root' })
  assert.deepEqual(await next(), [])
  await store.resume('topic', 'incident')
  assert.deepEqual(await next(2), ['B', 'C'])
})

test('what comes back to its line is there again, and each is claimed once', async () => {
  await using bench = await withMany()
  const { store, clock, next } = bench
  const [first] = (await store.claim(request(clock, { limit: 1 }))).flat()
  assert.deepEqual(await next(), ['B'])
  const { id = '' } = first ?? {}
  await store.settle([{ id, to: 'pending', nextAttempt: clock.now(), reason: 'x', countAttempt: false }])
  assert.deepEqual(await next(5), ['A', 'C', 'D', 'E'])
})

test('what joins a document in front of others in its line is sent before them, though they were looked for', async () => {
  await using bench = await createBench(MEMORY)
  const { store, clock } = bench
  const group = { id: 'document', items: [sha('one'), sha('two')] }
  const line = 'csirt-a.example line'
  await store.accept(envelope(clock, 'one', [delivery('one', { group, notBefore: clock.now() + 1000 })]))
  const behind = ['W', 'X', 'Y'].map((name) => delivery(name, name === 'X' ? { incident: line } : {}))
  for (const one of behind) await store.accept(envelope(clock, one.item, [one]))
  const claim = async () => (await store.claim(request(clock, { limit: 1 }))).flat().map(({ item }) => item)
  assert.deepEqual(await claim(), [sha('W')])
  await store.accept(envelope(clock, 'two', [delivery('two', { group, incident: line })]))
  assert.deepEqual((await claim()).toSorted(), [sha('one'), sha('two')].toSorted())
  assert.deepEqual(await claim(), [sha('Y')], 'X waits for the document before it')
})

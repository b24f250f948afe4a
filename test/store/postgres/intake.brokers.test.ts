import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewRecord } from '../../../src/store/archive.ts'
import type { NewEnvelope, TraceOf } from '../../../src/store/contract.ts'
import type { WholeStore } from '../../../src/store/whole-store.ts'
import { createRandom } from '../../support/random.ts'
import { MemoryStore } from '../memory/memory-store.ts'
import { delivery, envelope, request, sha } from '../support.ts'
import { createPostgresBench } from './bench.ts'

const ROUNDS = 6
const EACH = 40

test('messages that are taken in together become what they become one after the other', async () => {
  await using bench = await createPostgresBench()
  const { store, clock } = bench
  const model = new MemoryStore(clock)
  const random = createRandom(7)
  const pick = <T>(...of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  let count = 0
  let round = 0

  /** What a Topic showed, under one of a few item ids. */
  function record(): NewRecord {
    const item = `shown ${Math.floor(random() * 30)}`
    const term = { kind: 'incident', lo: item, hi: item }
    return {
      ...{
        topic: pick('a', 'b'),
        item,
        content: sha(`${item} ${count}`),
        takenIn: count,
        from: null,
        to: 7,
        detected: null,
      },
      ...{
        rating: pick(null, 2),
        confidence: pick(null, 0.5),
        needed: ['public'],
        terms: [term, { ...term, hi: 'z' }],
      },
      body: `"${count}" {of} \\ ${item}`,
    }
  }

  /** New ones, repeats, the same item in other words and of others, parts of documents, what was read of a Topic; for one, or for several. */
  function message(): NewEnvelope {
    const name = random() < 0.6 ? `fresh ${count++}` : `item ${6 * round + Math.floor(random() * 8)}`
    const group = { id: 'g', items: [sha('item 1'), sha('item 2')] }
    const row = delivery(name, {
      incident: `x ${Math.floor(random() * 4)}`,
      destination: pick('t1', 't2'),
      payload: pick(name, name, `${name}, as another has it`),
      state: pick('pending', 'pending', 'pending', 'held', 'withheld'),
      ...(name === 'item 1' && random() < 0.5 && { group }),
      ...(random() < 0.3 && { also: ['x 9'] }),
      ...(random() < 0.5 && { apart: sha(`${name} apart`) }),
      ...(random() < 0.2 && { notBefore: clock.now() + 50 }),
    })
    const several = [
      row,
      { ...row, destination: 't3' },
      { ...row, destination: 't4', payload: `${row.payload} for t4` },
    ]
    const rows = pick([row], [row], [row], [row], [row], [], several, several, [...several, delivery(`${name} too`)])
    return envelope(clock, random() < 0.8 ? `${count++}` : name, rows, {
      source: pick('csirt-a', 'csirt-b'),
      direction: pick('rid-to-grid', 'rid-to-grid', 'grid-to-rid'),
      ...(random() < 0.3 && { record: record() }),
      ...(random() < 0.05 && { replaced: { topic: 'a', item: 'shown 1' } }),
      ...(random() < 0.3 && { seen: { topic: pick('a', 'b'), itemId: `${count}`, digest: 'd', at: count } }),
    })
  }
  const trace: TraceOf = (added) => [
    { at: 1, incident: 'x 1', event: 'accepted', fields: { added: added.filter((id) => id !== undefined).length } },
  ]
  const told = async (of: WholeStore) => ({
    list: (await of.list()).map(({ id: _, envelope: __, ...rest }) => rest),
    payloads: (await Promise.all((await of.list()).map(({ id }) => of.show(id)))).map((one) => one?.payload),
    records: await of.find({ topics: ['a', 'b'], needed: [['public']], terms: [], limit: 1000, most: 1000 }),
    backlog: await of.backlog(),
    cursors: [await of.cursor('a'), await of.cursor('b')],
    trace: (await of.trace('x 1')).map(({ fields }) => fields),
    sources: await Promise.all(Array.from({ length: 6 * ROUNDS + 2 }, (_, n) => of.sourcesOf(sha(`item ${n}`)))),
  })

  for (; round < ROUNDS; round++) {
    const messages = Array.from({ length: EACH }, message)
    const together = await Promise.all(messages.map((one) => store.accept(one, trace)))
    for (const [n, one] of messages.entries()) {
      const apart = await model.accept(one, trace)
      assert.equal(together[n]!.outcome, apart.outcome)
      if (apart.outcome === 'accepted') {
        assert.equal((together[n] as typeof apart).deliveries.length, apart.deliveries.length)
      }
    }
    assert.deepEqual(await told(store), await told(model))
    // what is on its way, and what was delivered, stands for what comes next
    for (const each of [store, model]) {
      const units = (await each.claim(request(clock, { destination: 't1', limit: 100 }))).flat()
      const items = units.map(({ item, id }) => ({ item, id })).sort((a, b) => (a.item < b.item ? -1 : 1))
      await each.settle(items.filter((_, n) => n % 2 === 0).map(({ id }) => ({ id, to: 'delivered' })))
    }
    await clock.advance(10)
  }
})

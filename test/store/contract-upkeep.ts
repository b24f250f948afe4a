import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Bench, delivery, envelope, request, sha } from './support.ts'

const DAY = 86_400_000
const HOUR = DAY / 24

/** What every implementation of Upkeep does. */
export function testUpkeep(name: string, createBench: () => Promise<Bench>): void {
  describe(`${name}: upkeep`, () => {
    test('drops documents 30 days after they were settled, and never what they were known by', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const names = ['done', 'discarded', 'held', 'late']
      await store.accept(
        envelope(
          clock,
          'old',
          names.map((name) => delivery(name)),
        ),
      )
      const units = (await store.claim(request(clock))).flat()
      await store.settle([
        { id: units[0]!.id, to: 'delivered' },
        { id: units[1]!.id, to: 'held', reason: 'x' },
        { id: units[2]!.id, to: 'held', reason: 'x' },
      ])
      await store.discard(units[1]!.id, clock.now())
      await clock.advance(20 * DAY)
      await store.settle([{ id: units[3]!.id, to: 'delivered' }])
      await store.accept(envelope(clock, 'new', [delivery('new')]))
      await clock.advance(10 * DAY + 1)
      assert.equal(await store.prune(clock.now()), 2)
      const left: string[] = []
      for (const name of [...names, 'new']) {
        if ((await store.findPayload('topic', 'incident', sha(name))) !== undefined) left.push(name)
      }
      assert.deepEqual(left, ['held', 'late', 'new'])
      assert.equal((await store.show(units[0]!.id))?.payload, '')
      assert.equal(await store.retry(units[1]!.id, clock.now()), false, 'there is nothing left to send')
      assert.equal(await store.retry(units[2]!.id, clock.now()), true)
      assert.equal((await store.accept(envelope(clock, 'old', [delivery('done')]))).outcome, 'duplicate')
      const repeat = await store.accept(envelope(clock, 'again', [delivery('done')]))
      assert.ok(repeat.outcome === 'accepted' && repeat.deliveries.length === 0)
      assert.equal(await store.prune(clock.now()), 0)
    })

    test('holds no more of what is bound than there is room for, and discards it after 30 days', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const bound = { name: 'invalid', most: 3, each: 2 }
      let count = 0
      const hold = async (origin: string, more = {}) => {
        const row = delivery(`${++count}`, { state: 'held', reason: 'x', origin, bound, ...more })
        const told: number[] = []
        await store.accept(envelope(clock, `${count}`, [row]), (added) => {
          told.push(added.filter((id) => id !== undefined).length)
          return []
        })
        return told.at(-1)
      }
      assert.deepEqual([await hold('a'), await hold('a'), await hold('a')], [1, 1, 0])
      assert.deepEqual([await hold('b'), await hold('c')], [1, 0])
      assert.equal(await hold('c', { bound: { ...bound, name: 'other' } }), 1)
      assert.equal(await hold('c', { destination: 'elsewhere' }), 1)
      await store.accept(envelope(clock, 'plain', [delivery('plain', { state: 'held' })]))
      await store.retry((await store.list())[0]!.id, clock.now())
      assert.equal(await hold('c'), 1, 'what an operator took up leaves room')
      await clock.advance(30 * DAY + 1)
      const deed = (event: string) => ({
        trace: ({ incident, state }: { incident: string; state: string }) => [
          { at: clock.now(), incident, event, fields: { was: state } },
        ],
      })
      assert.equal(await store.prune(clock.now(), 50, deed('discarded').trace), 5)
      const states = (await store.list()).map(({ state }) => state)
      assert.deepEqual(states, ['pending', 'discarded', 'discarded', 'discarded', 'discarded', 'held', 'discarded'])
      const [row] = await store.trace('csirt-a.example 2')
      assert.deepEqual(row, {
        at: clock.now(),
        incident: 'csirt-a.example 2',
        event: 'discarded',
        fields: { was: 'held' },
      })
      assert.equal(await hold('b'), 1)
    })

    test('forgets after an hour what is waited for, and after the documents what they were part of', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const group = { id: 'g', items: ['A', 'B', 'C'].map(sha) }
      const add = (item: string, wait: number) =>
        store.accept(envelope(clock, item, [delivery(item, { group, notBefore: clock.now() + wait })]))
      await add('A', 2 * HOUR)
      await clock.advance(HOUR / 2)
      await store.prune(clock.now())
      await add('B', 2 * HOUR)
      await clock.advance(HOUR / 2 + 1)
      await store.prune(clock.now())
      await add('C', 2 * HOUR)
      assert.deepEqual(await store.claim(request(clock)), [], 'each waits for its own time')
      await clock.advance(HOUR)
      const [unit] = await store.claim(request(clock))
      assert.equal(unit?.length, 3, 'and the first takes the others along')
      await store.settle(unit!.map(({ id }) => ({ id, to: 'delivered' })))
      await clock.advance(30 * DAY + 1)
      assert.equal((await store.list())[0]?.group?.items.length, 3)
      await store.prune(clock.now())
      assert.deepEqual(
        (await store.list()).map((one) => one.group),
        [null, null, null],
      )
      await add('D', 1)
      assert.deepEqual((await store.list()).at(-1)?.group, group)
    })

    test('keeps of what one source is refused a share for each day, and one row for the rest', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const row = (incident: string, fields = {}) => ({ at: clock.now(), incident, event: 'refused', fields })
      const record = (incidents: readonly string[], source = 'csirt-a') =>
        store.record(
          incidents.map((incident) => row(incident)),
          { source, most: 3, rest: (rows) => row('rest', { rows }) },
        )
      assert.deepEqual([await record(['x 1', 'x 2']), await record(['x 1', 'x 2']), await record(['x 1'])], [0, 2, 2])
      assert.equal(await record(['x 1', 'x 3']), 4)
      assert.equal(await record(['x 1'], 'csirt-b'), 0)
      assert.equal((await store.trace('x 1')).length, 3)
      assert.deepEqual(await store.trace('rest'), [row('rest', { rows: 4 })])
      await clock.advance(DAY)
      assert.deepEqual([await record(['x 1', 'x 2', 'x 3']), await record(['x 4'])], [0, 1])
      assert.deepEqual(
        (await store.trace('rest')).map(({ fields }) => fields),
        [{ rows: 4 }, { rows: 1 }],
      )
      assert.equal(await store.record([row('x 9'), row('x 9')]), 0, 'what has no share has no end')
    })

    test('drops traces after 400 days', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const event = (at: number) => ({ at, incident: 'x 1', event: 'accepted', fields: {} })
      await store.record([event(clock.now()), event(clock.now() + 10 * DAY)])
      await clock.advance(400 * DAY + 1)
      assert.equal(await store.prune(clock.now()), 1)
      assert.equal((await store.trace('x 1')).length, 1)
    })

    test('works in bounded steps and comes to the end of a long list', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      for (let lot = 0; lot < 10; lot++) {
        const names = Array.from({ length: 100 }, (_, n) => `${100 * lot + n}`)
        const deliveries = names.map((name) => delivery(name, n(name)))
        await store.accept(envelope(clock, `lot ${lot}`, deliveries))
      }
      for (let round = 0; round < 10; round++) {
        const units = await store.claim(request(clock, { limit: 100 }))
        await store.settle(units.flat().map(({ id }) => ({ id, to: 'delivered' })))
      }
      await clock.advance(31 * DAY)
      let dropped = 0
      for (let round = 0; round < 10; round++) dropped += await store.prune(clock.now(), 1)
      assert.equal(dropped, 500)
    })
  })
}

/** The first half is held, and must not keep the second from being looked at. */
function n(name: string) {
  return Number(name) < 500 ? ({ state: 'held' } as const) : {}
}

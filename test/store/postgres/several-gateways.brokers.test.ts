import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from '../../../src/store/contract.ts'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { Writer } from '../../../src/store/postgres/writer.ts'
import type { WholeStore } from '../../../src/store/whole-store.ts'
import { untold } from '../../../src/tell.ts'
import { createVirtualClock, type VirtualClock } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { delivery, envelope, request, sha } from '../support.ts'
import { createPostgresBench, type PostgresBench } from './bench.ts'

interface Other extends AsyncDisposable {
  readonly store: WholeStore
  readonly clock: VirtualClock
  /** it says nothing any more, and is not closed */
  crash(): void
}

/** Another gateway on the same store, whose clock may go wrong by `skew` ms. */
async function another({ server, schema }: PostgresBench, skew = 0): Promise<Other> {
  const clock = createVirtualClock()
  clock.set(clock.now() + skew)
  const life = new AbortController()
  const at = { url: server.url, schema }
  const store = await openGatewayStore({ at, tell: untold, clock, crashed: life.signal })
  return { store, clock, crash: () => life.abort(), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
}

const itemsOf = (units: readonly Delivery[][]) => units.flat().map(({ item }) => item)
const incident = 'csirt-a.example 7'

describe('several gateways on one store in PostgreSQL', () => {
  test('an update that was taken in elsewhere waits for the report, whatever two clocks say', async () => {
    await using bench = await createPostgresBench()
    await using late = await another(bench, -3_600_000)
    await bench.store.accept(envelope(bench.clock, 'report', [delivery('report', { incident })]))
    await late.store.accept(envelope(late.clock, 'update', [delivery('update', { incident })]))
    assert.deepEqual(
      (await bench.store.list()).map(({ item }) => item),
      [sha('report'), sha('update')],
      'in the order in which they were taken in',
    )
    const here = request(bench.clock)
    const first = await bench.store.claim(here)
    assert.deepEqual(itemsOf(first), [sha('report')])
    assert.deepEqual(await late.store.claim(here), [])
    await bench.store.settle(first.flat().map(({ id }) => ({ id, to: 'delivered' })))
    assert.deepEqual(itemsOf(await late.store.claim(here)), [sha('update')])
  })

  test('claim at the same time, each delivery once and each incident in order', async () => {
    await using bench = await createPostgresBench()
    await using second = await another(bench)
    await using third = await another(bench)
    const stores = [bench.store, second.store, third.store]
    const names = Array.from({ length: 60 }, (_, n) => `${n}`)
    await Promise.all(
      names.map((name, n) => {
        const row = delivery(name, { incident: `x ${n % 7}`, destination: `t${n % 2}` })
        return stores[n % 3]!.accept(envelope(bench.clock, name, [row]))
      }),
    )
    const stood = (await bench.store.list()).map(({ incident: line, destination, item }) => [destination, line, item])
    const went: string[][] = []
    const carryOut = async (store: WholeStore, destination: string) => {
      const units = (await store.claim(request(bench.clock, { destination, limit: 3 }))).flat()
      for (const one of units) went.push([one.destination, one.incident, one.item])
      await store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
    }
    await eventually('all to be delivered', async () => {
      await Promise.all(stores.flatMap((store) => ['t0', 't1'].map((destination) => carryOut(store, destination))))
      return went.length >= names.length
    })
    assert.equal(went.length, names.length, 'each once')
    for (const line of new Set(stood.map((one) => one.slice(0, 2).join()))) {
      const of = (all: readonly string[][]) => all.filter((one) => one.slice(0, 2).join() === line)
      assert.deepEqual(of(went), of(stood), line)
    }
  })

  test('an update does not go before its report where both are the first that a destination gets', async () => {
    await using bench = await createPostgresBench()
    await using second = await another(bench)
    for (let n = 0; n < 20; n++) {
      const to = { incident, destination: `new ${n}` }
      const both = [bench.store, second.store].map((store, i) =>
        store.accept(envelope(bench.clock, `${n} ${i}`, [delivery(`${n} ${i}`, to)])),
      )
      await Promise.all(both)
      const stood = (await bench.store.list({ destination: to.destination })).map(({ item }) => item)
      const [first] = await bench.store.claim(request(bench.clock, { destination: to.destination }))
      assert.deepEqual(itemsOf([first!]), stood.slice(0, 1))
    }
  })

  test('take in the same message at the same time once', async () => {
    await using bench = await createPostgresBench()
    await using second = await another(bench)
    const message = envelope(bench.clock, 'one', [delivery('A'), delivery('B', { kind: 'peer', destination: 'p' })])
    const outcomes = await Promise.all([bench.store, second.store, bench.store].map((store) => store.accept(message)))
    assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['accepted', 'duplicate', 'duplicate'])
    assert.equal(new Set(outcomes.map(({ id }) => id)).size, 1)
    assert.equal((await bench.store.list()).length, 2)
  })

  test('what is settled together is as if it had been settled one after the other', async () => {
    await using bench = await createPostgresBench()
    const { store, clock } = bench
    const names = ['A', 'B', 'C', 'D']
    await Promise.all(names.map((name) => store.accept(envelope(clock, name, [delivery(name, { incident })]))))
    await store.accept(envelope(clock, 'E', [delivery('E', { incident: 'x 8' })]))
    const [[first], [other]] = (await store.claim(request(clock))) as [Delivery[], Delivery[]]
    const event = (name: string) => [{ at: clock.now(), incident, event: name, fields: {} }]
    await Promise.all([
      store.settle([{ id: first!.id, to: 'delivered' }], event('published')),
      store.settle([{ id: first!.id, to: 'held', reason: 'too late' }], event('held')),
      store.settle([{ id: other!.id, to: 'pending', nextAttempt: clock.now(), reason: 'x', countAttempt: true }]),
      store.settle([{ id: 'unknown', to: 'delivered' }]),
    ])
    assert.equal((await store.show(first!.id))?.state, 'delivered')
    assert.deepEqual(
      (await store.trace(incident)).map((row) => row.event),
      ['published', 'held'],
    )
    assert.deepEqual(itemsOf(await store.claim(request(clock))).toSorted(), [sha('B'), sha('E')].toSorted())
  })

  test('leave alone what another one leases, even where its time is over by their clock', async () => {
    await using bench = await createPostgresBench()
    await using ahead = await another(bench, 3_600_000)
    await bench.store.accept(envelope(bench.clock, 'one', [delivery('A')]))
    const units = await bench.store.claim(request(bench.clock, { leaseMs: 1000 }))
    assert.equal(await ahead.store.releaseLeases(), 0, 'at its start it ends those of the dead')
    assert.deepEqual(await ahead.store.claim(request(ahead.clock)), [])
    const [{ id } = { id: '' }] = units.flat()
    await ahead.store.settle([{ id, to: 'held', reason: 'not its own' }])
    assert.equal((await bench.store.show(id))?.state, 'sending')
    await bench.store.settle([{ id, to: 'delivered' }])
    assert.equal((await ahead.store.show(id))?.state, 'delivered')
  })

  test('keep what an operator takes up again, while another drops what is old', async () => {
    await using bench = await createPostgresBench()
    const { store, clock, sql, schema } = bench
    await store.accept(envelope(clock, 'one', [delivery('A')]))
    const [{ id } = { id: '' }] = await store.list()
    await store.discard(id, clock.now())
    await clock.advance(31 * 86_400_000)
    const { pruned } = await sql.begin(async (tx) => {
      // as a gateway does that is about to commit
      await tx.unsafe(`SELECT 1 FROM ${schema}.destination FOR NO KEY UPDATE`)
      await tx.unsafe(`UPDATE ${schema}.delivery SET state = 0, due = 0, updated_at = ${clock.now()}`)
      const begun = store.prune(clock.now())
      await sleep(500)
      return { pruned: begun }
    })
    assert.equal(await pruned, 0)
    assert.equal((await store.show(id))?.payload, delivery('A').payload)
  })

  test('go on soon where one stands still in the midst of a write, with the destination that others write to', async () => {
    await using bench = await createPostgresBench()
    const { server, schema, store, clock } = bench
    await store.accept(envelope(clock, 'before', [delivery('before')]))
    const hooks = { begun: async () => '', committing: async () => {}, undone: () => {} }
    const still = new Writer({ url: server.url, schema }, hooks, { patience: 120_000, done: () => {} })
    const [holds, wakes] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const written = still.submit(async () => {
      await still.db.query('SELECT 1 FROM destination FOR UPDATE', [])
      holds.resolve()
      await wakes.promise
    })
    const refused = assert.rejects(written, { code: 'store-unavailable' })
    await holds.promise
    const began = performance.now()
    await store.accept(envelope(clock, 'meanwhile', [delivery('meanwhile')]))
    const ms = performance.now() - began
    wakes.resolve()
    await refused
    await still.close()
    assert.ok(ms < 10_000, `${ms} ms`)
  })

  test('leave one alone that shows that it lives before they have forgotten it', async () => {
    await using bench = await createPostgresBench()
    const { store, clock, server, sql, schema } = bench
    await store.accept(envelope(clock, 'before', [delivery('before')]))
    const beat = (at: string) =>
      server.psql(`UPDATE ${schema}.instance SET beat = clock_timestamp() ${at} WHERE id = 'late'`)
    const { taken } = await sql.begin(async (tx) => {
      await tx.unsafe(`SELECT 1 FROM ${schema}.destination FOR NO KEY UPDATE`)
      // what waits for this, whatever else is to be written waits behind
      const waits = store.accept(envelope(clock, 'one', [delivery('A')]))
      await server.psql(`INSERT INTO ${schema}.instance (id, host, pid, version) VALUES ('late', 'h', 1, '')`)
      await beat(`- interval '1 minute'`)
      await sleep(5000)
      await beat(`+ interval '1 minute'`)
      return { taken: waits }
    })
    await taken
    await store.probe()
    assert.deepEqual(
      (await store.gateways()).map(({ id }) => id).filter((id) => id === 'late'),
      ['late'],
    )
  })

  /** `dies`: what ends a gateway that is sending, while another one that is goes on. */
  async function carriedOn(dies: (bench: PostgresBench, dying: Other) => Promise<void>): Promise<void> {
    await using bench = await createPostgresBench()
    await using dying = await another(bench)
    await using living = await another(bench)
    const names = ['A', 'B']
    await bench.store.accept(
      envelope(
        bench.clock,
        'one',
        names.map((name) => delivery(name)),
      ),
    )
    const leaseMs = 3_600_000
    const own = await living.store.claim(request(living.clock, { limit: 1, leaseMs }))
    const lost = await dying.store.claim(request(dying.clock, { limit: 1, leaseMs }))
    let told = 0
    using _ = bench.store.onChange(() => told++)
    await dies(bench, dying)
    const before = performance.now()
    let units: Delivery[][] = []
    await eventually('its delivery to be claimed by another', async () => {
      units = await bench.store.claim(request(bench.clock))
      return units.length > 0
    })
    assert.deepEqual(itemsOf(units), itemsOf(lost))
    assert.ok(performance.now() - before < 15_000, 'within 15 s')
    await eventually('who waits to be told', () => told > 0)
    const done = lost.flat().map(({ id }) => ({ id, to: 'held' as const, reason: 'too late' }))
    await dying.store.settle(done)
    assert.equal((await bench.store.show(done[0]!.id))?.state, 'sending', 'what it says of it counts no more')
    assert.equal((await bench.store.show(own.flat()[0]!.id))?.state, 'sending')
  }

  test('carry on what a gateway that died was sending, and hear of it, while the living keep their own', () =>
    carriedOn(async (_, dying) => dying.crash()))

  test('carry on what a gateway was sending that died with the server, which knows nobody behind its crash', () =>
    carriedOn(async ({ server, schema }, dying) => {
      dying.crash()
      await server.psql(`TRUNCATE ${schema}.instance CASCADE`)
    }))
})

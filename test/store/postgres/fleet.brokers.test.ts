import assert from 'node:assert/strict'
import { hash, randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Change } from '../../../src/store/contract.ts'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { untold } from '../../../src/tell.ts'
import { eventually } from '../../support/eventually.ts'
import { delivery, envelope, request } from '../support.ts'
import { createPostgresBench } from './bench.ts'

describe('gateways that share a store in PostgreSQL', () => {
  test('know of each other, and have a lease one at a time', async () => {
    await using bench = await createPostgresBench()
    const { server, schema, clock, store: one } = bench
    await using two = await openGatewayStore({ at: { url: server.url, schema }, tell: untold, clock, version: '2.0.0' })
    const found = await two.gateways()
    assert.deepEqual(
      found.map(({ version, ours, pid }) => [version, ours, pid]),
      [
        ['', false, process.pid],
        ['2.0.0', true, process.pid],
      ],
    )
    assert.equal(await one.lease('topics', 60_000), true)
    assert.equal(await two.lease('topics', 60_000), false)
    assert.equal(await two.lease('other', 60_000), true)
    assert.equal(await one.lease('topics', 60_000), true)
    await two.endLease('topics')
    assert.equal(await two.lease('topics', 60_000), false)
    await one.endLease('topics')
    assert.equal(await two.lease('topics', 100), true)
    await wait(150)
    assert.equal(await one.lease('topics', 60_000), true)
    // whoever ends in order leaves what it had
    await one[Symbol.asyncDispose]()
    assert.equal(await two.lease('topics', 60_000), true)
    assert.deepEqual(
      (await two.gateways()).map(({ version }) => version),
      ['2.0.0'],
    )
  })
})

describe('who does something together, of gateways on PostgreSQL', () => {
  test('is known to each of them, and not who ended it, or whose time is over', async () => {
    await using bench = await createPostgresBench()
    const { server, schema, clock, store: one } = bench
    await using two = await openGatewayStore({ at: { url: server.url, schema }, tell: untold, clock })
    const alone = await one.enlist('publish', 60_000)
    assert.deepEqual(alone.all, [alone.own])
    const both = await two.enlist('publish', 60_000)
    assert.deepEqual(both.all, [alone.own, both.own].toSorted())
    assert.deepEqual(await one.enlist('publish', 60_000), { ...both, own: alone.own })
    const left = await two.enlist('publish', 60_000, ['a Topic', 'incident'])
    assert.deepEqual(left.without.get(both.own), ['a Topic', 'incident'])
    assert.deepEqual((await one.enlist('publish', 60_000)).without, left.without)
    assert.deepEqual((await two.enlist('other', 60_000)).all, [both.own])
    assert.deepEqual(await one.roster('publish'), both.all)
    assert.deepEqual(await one.roster('nobody’s'), [])
    await two.leave('publish')
    assert.deepEqual((await one.enlist('publish', 60_000)).all, [alone.own])
    await two.enlist('publish', 100)
    await wait(150)
    assert.deepEqual((await one.enlist('publish', 60_000)).all, [alone.own])
  })

  test('is told to the others when it changes, and what comes in by where it is to go', async () => {
    await using bench = await createPostgresBench()
    const { server, schema, clock, store: one } = bench
    await using two = await openGatewayStore({ at: { url: server.url, schema }, tell: untold, clock })
    const heard: Change[] = []
    using _ = two.onChange((change) => void heard.push(change))
    // until it listens
    await eventually('what one does to be heard by the other', async () => {
      await one.pause('topic', 'another', { since: 1, by: 'test' })
      await one.resume('topic', 'another')
      return heard.includes('anything')
    })
    const next = async (what: string, work: () => Promise<unknown>) => {
      // what was told before is over
      await wait(200)
      heard.length = 0
      await work()
      await eventually(`${what} to be heard`, () => heard.length > 0)
      return heard
    }
    assert.deepEqual(await next('who comes', () => one.enlist('publish', 60_000)), ['roster'])
    assert.deepEqual(await next('what is left to others', () => one.enlist('publish', 60_000, ['incident'])), [
      'roster',
    ])
    await one.enlist('publish', 60_000, ['incident'])
    assert.deepEqual(await next('who leaves', () => one.leave('publish')), ['roster'])
    const taken = () => one.accept(envelope(clock, 'one', [delivery('A'), delivery('B')]))
    const { kind, destination } = delivery('A')
    assert.deepEqual(await next('a report', taken), [[{ kind, destination }]])
    const late = () => one.accept(envelope(clock, 'two', [delivery('C', { notBefore: clock.now() + 60_000 })]))
    assert.deepEqual(await next('what is due later', late), ['anything'])
    const [unit] = await one.claim(request(clock, { limit: 1 }))
    const retried = { id: unit![0]!.id, to: 'pending', nextAttempt: 1, reason: 'again', countAttempt: true } as const
    assert.deepEqual(await next('what waits again', () => one.settle([retried])), ['anything'])
    // what is delivered is news to nobody, but to whoever carries on what is left here
    const [again] = await one.claim(request(clock, { limit: 1 }))
    const before = performance.now()
    assert.deepEqual(await next('what is delivered', () => one.settle([{ id: again![0]!.id, to: 'delivered' }])), [
      'anything',
    ])
    assert.ok(performance.now() - before > 900, 'not at once')
  })

  test('hears a gateway of the version before, which says no more than that there is something', async () => {
    await using bench = await createPostgresBench()
    const heard: Change[] = []
    using _ = bench.store.onChange((change) => void heard.push(change))
    const channel = `iodef_${hash('sha256', bench.schema, 'hex').slice(0, 32)}`
    await eventually('it to be heard', async () => {
      await bench.server.psql(`SELECT pg_notify('${channel}', '${randomUUID()} [said otherwise]')`)
      await bench.server.psql(`SELECT pg_notify('${channel}', '${randomUUID()}')`)
      return heard.length > 0
    })
    assert.equal(heard[0], 'anything')
  })
})

test('a question that a sender waits for is given up as soon as what it has to write, and the next one is asked anew', async () => {
  await using bench = await createPostgresBench()
  const { server, schema, clock, sql } = bench
  const at = { url: server.url, schema }
  await using store = await openGatewayStore({ at, tell: untold, clock, hurry: 1_000 })
  assert.equal(await store.unsettled('topic', null), 0)
  await sql.begin(async (tx) => {
    await tx.unsafe(`LOCK TABLE ${schema}.destination IN ACCESS EXCLUSIVE MODE`)
    const began = performance.now()
    await assert.rejects(store.unsettled('topic', null), { code: 'store-unavailable' })
    assert.ok(performance.now() - began < 8_000, `${performance.now() - began} ms`)
  })
  assert.equal(await store.unsettled('topic', null), 0)
})

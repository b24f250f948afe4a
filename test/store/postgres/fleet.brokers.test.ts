import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { untold } from '../../../src/tell.ts'
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

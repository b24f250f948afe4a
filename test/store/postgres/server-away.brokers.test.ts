import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../src/clock.ts'
import { GatewayError } from '../../../src/errors.ts'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { untold } from '../../../src/tell.ts'
import { eventually, within } from '../../support/eventually.ts'
import { startPostgres } from '../../support/postgres.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { delivery, envelope, request, sha } from '../support.ts'

test('a server that is stopped or killed, again and again, costs refusals, and nothing that was acknowledged', async () => {
  await using server = await startPostgres()
  await using store = await openGatewayStore({ at: { url: server.url, schema: 's' }, tell: untold, clock: systemClock })
  using _ = store.onChange(() => {})
  const taken: string[] = []
  const sent = new Map<string, number>()
  const codes = new Set<string>()
  let isOver = false

  /** Until the end, whatever comes of it: one after the other. */
  async function keepOn(what: () => Promise<unknown>): Promise<void> {
    while (!isOver) {
      await what().catch((error: unknown) => {
        assert.ok(error instanceof GatewayError, String(error))
        codes.add(error.code)
      })
      await sleep(5)
    }
  }
  let count = 0
  const accept = async () => {
    const name = `${count++}`
    await store.accept(envelope(systemClock, name, [delivery(name)]))
    taken.push(sha(name))
  }
  const carryOut = async () => {
    const units = (await store.claim(request(systemClock, { leaseMs: 1000 }))).flat()
    for (const { item } of units) sent.set(item, (sent.get(item) ?? 0) + 1)
    await store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
  }
  const work = [accept, accept, carryOut, store.backlog, () => store.seenIds('t', ['1'])].map(keepOn)
  for (const end of [server.stop, server.kill]) {
    const before = taken.length
    await eventually('reports to be taken', () => taken.length > before)
    await end()
    await sleep(300)
    await server.start()
  }
  const before = taken.length
  await eventually('reports to be taken again', () => taken.length > before)
  isOver = true
  await Promise.all(work)
  assert.deepEqual([...codes], ['store-unavailable'])
  // whose settlement came to nothing is sent again, once its lease is over
  await eventually('all of it to be carried out', async () => {
    await carryOut()
    const states = new Set((await store.list({ limit: count })).map(({ state }) => state))
    return taken.every((item) => sent.has(item)) && [...states].join() === 'delivered'
  })
})

test('a gateway ends within seconds where its database has stopped answering, and waits for no sign of life', async () => {
  await using server = await startPostgres()
  await using proxy = await startTcpProxy(server.port)
  const at = { url: `postgres://gw@127.0.0.1:${proxy.port}/gw`, schema: 's' }
  const store = await openGatewayStore({ at, tell: untold, clock: systemClock, patience: 1000 })
  using _ = store.onChange(() => {})
  void proxy.inflict('silence', 60_000)
  // a sign of life is on its way
  await sleep(1600)
  await within(20_000, 'it to end', store[Symbol.asyncDispose]())
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import { createGridHealth } from '../../src/ops/grid-health.ts'
import type { Broker } from '../support/brokers.ts'
import { gridConfig } from '../support/grid-config.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'
import { START } from '../support/start-broker.ts'

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`two gateways on one account, at ${kind}`, () => {
    let broker: Broker
    before(async () => {
      broker = await START[kind]()
    })
    after(() => broker.dispose())

    async function begin(resource: string, store?: string) {
      const recorder = new Recorder()
      const log = new LogLines(recorder)
      const grid = createXmppGrid({
        config: gridConfig(broker, { resource, topics: [] }),
        consume: [],
        handlers: recorder,
        tell: log.tell,
        ...(store !== undefined && { store }),
      })
      grid.start()
      await grid.whenUp(AbortSignal.timeout(30_000))
      /** as /ready has it */
      const ready = () => {
        const health = createGridHealth({ now: () => 0 })
        const { state, reason } = grid.state()
        health.told(state, reason)
        return health.read()
      }
      const told = () => log.lines.filter(({ text }) => /same account/.test(text)).length
      return { grid, ready, told, [Symbol.asyncDispose]: () => grid[Symbol.asyncDispose]() }
    }

    test('with a store each know of each other, as long as both are there', async () => {
      await using one = await begin('one')
      assert.equal(one.ready().state, 'ok')
      {
        await using two = await begin('two')
        for (const [gateway, other] of [
          [one, 'two'],
          [two, 'one'],
        ] as const) {
          await until(() => gateway.ready().state === 'degraded', 'it to be known')
          assert.match(
            gateway.ready().reason ?? '',
            new RegExp(`a store of its own: gateway@grid\\.example/${other}\\.`),
          )
          assert.equal(gateway.told(), 1)
        }
      }
      await until(() => one.ready().state === 'ok', 'the other to be gone')
    })

    test('with one store are as they should be', async () => {
      await using one = await begin('one', 'shared')
      await using two = await begin('two', 'shared')
      await using third = await begin('three', 'another')
      await until(() => [one, two, third].every(({ ready }) => ready().state === 'degraded'), 'the third to be known')
      for (const { ready, told } of [one, two]) {
        assert.match(ready().reason ?? '', /own: gateway@grid\.example\/three\./)
        assert.equal(told(), 1)
      }
      assert.equal(third.told(), 2)
    })

    test('with the same resource do not fight: the one that was ended says why', async () => {
      await using one = await begin('same')
      await using two = await begin('same')
      await until(() => one.grid.state().state === 'refused', 'the first to be ended')
      assert.match(one.ready().reason ?? '', /Somebody else logged in under the address of this gateway/)
      assert.equal(one.ready().state, 'failed')
      assert.equal(two.ready().state, 'ok')
    })
  })
}

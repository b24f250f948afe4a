import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { GridConfig } from '../../src/config/types.ts'
import type { Grid } from '../../src/grid/contract.ts'
import { createGrid, type GridOptions } from '../../src/grid/grid.ts'
import { type Broker, gridConfig, START, topicConfig } from '../support/brokers.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'

const USERS = { gateway: 'gateway-secret', member: 'member-secret', stranger: 'stranger-secret' }
const never = new AbortController().signal

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`the grid side against a real ${kind}`, () => {
    let broker: Broker
    const grids: Grid[] = []

    before(async () => {
      broker = await START[kind]({ users: USERS })
    })
    after(async () => {
      for (const grid of grids) await grid[Symbol.asyncDispose]()
      await broker.dispose()
    })

    const as = (user: keyof typeof USERS): Partial<GridConfig> => ({
      jid: `${user}@${broker.domain}`,
      auth: { kind: 'password', readPassword: () => USERS[user], allowPlain: false },
    })

    async function begin(config: Partial<GridConfig>, options: Partial<GridOptions> = {}) {
      const recorder = new Recorder()
      const log = new LogLines()
      const grid = createGrid({ config: gridConfig(broker, config), consume: [], handlers: recorder, log, ...options })
      grids.push(grid)
      grid.start()
      await grid.whenUp(AbortSignal.timeout(30_000))
      return { grid, recorder, log }
    }

    test('a Topic is created closed, a member receives, a stranger does not', async () => {
      const topic = topicConfig({ name: 'closed', members: [`member@${broker.domain}`] })
      const provider = await begin({ topics: [topic] }, { consume: ['closed'] })
      const member = await begin({ ...as('member'), topics: [] }, { consume: ['closed'] })
      const stranger = await begin({ ...as('stranger'), topics: [] }, { consume: ['closed'] })
      assert.equal(member.recorder.stateOf('topic:closed'), 'up')
      assert.equal(stranger.recorder.stateOf('topic:closed'), 'refused')

      const xml = '<report xmlns="urn:xmpp:incident:2"><a b="&quot;&#xA;&lt;">日本語 &amp; 𠮷</a></report>'
      assert.deepEqual(await provider.grid.publish('closed', 'one', xml, never), { kind: 'published' })
      await until(() => member.recorder.received.length > 0 && provider.recorder.received.length > 0, 'the item')
      const item = member.recorder.received[0]
      assert.equal(item?.id, 'one')
      assert.equal(item?.retained, false)
      assert.match(item?.xml ?? '', /日本語 &amp; 𠮷/)
      assert.equal(stranger.recorder.received.length, 0)
      assert.deepEqual(await stranger.grid.publish('closed', 'two', xml, never), {
        kind: 'retry',
        reason: 'Topic closed is not available.',
        destinationDown: true,
      })
    })

    test('what was published while a Consumer was away is read at its next join, in order and once', async () => {
      const topic = topicConfig({ name: 'away', members: [`member@${broker.domain}`] })
      const provider = await begin({ topics: [topic] })
      const ids = Array.from({ length: 60 }, (_, i) => `item-${String((i * 37) % 60).padStart(2, '0')}`)
      for (const id of ids.slice(0, 50)) {
        assert.deepEqual(await provider.grid.publish('away', id, `<i xmlns="urn:x" n="${id}"/>`, never), {
          kind: 'published',
        })
      }
      const member = await begin({ ...as('member'), topics: [] }, { consume: ['away'] })
      for (const id of ids.slice(50)) await provider.grid.publish('away', id, `<i xmlns="urn:x" n="${id}"/>`, never)
      await until(() => member.recorder.received.length >= 60, 'all items')
      assert.deepEqual(member.recorder.ids(), ids)
      assert.deepEqual(
        member.recorder.received.map((item) => item.retained),
        ids.map((_, i) => i < 50),
      )
      assert.deepEqual(member.recorder.gaps, [])
    })
  })
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { createPast } from '../../src/gateway/past.ts'
import type { GridHandlers } from '../../src/grid/contract.ts'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import { digestOf } from '../../src/relay/item-digest.ts'
import { MemoryStore } from '../store/memory/memory-store.ts'
import { type BrokerUser, brokerUser, pubsub } from '../support/broker-user.ts'
import type { Broker } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { gridConfig, topicConfig } from '../support/grid-config.ts'
import { LogLines, Recorder } from '../support/recorder.ts'
import { START } from '../support/start-broker.ts'

const USERS = { gateway: 'gateway-secret', publisher: 'publisher-secret' }

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`a Topic that is read from now on, at a real ${kind}`, () => {
    let broker: Broker
    let own: BrokerUser

    before(async () => {
      broker = await START[kind]({ users: USERS })
      own = await brokerUser(broker, 'gateway')
    })
    after(async () => {
      await own[Symbol.asyncDispose]()
      await broker.dispose()
    })

    const publish = (node: string, id: string, by = own) =>
      by.must('set', pubsub(`<publish node="${node}"><item id="${id}"><a xmlns="urn:x">${id}</a></item></publish>`))

    /** Joins with what a gateway keeps in its store; `received` goes on from one join to the next. */
    async function follow(name: string, store: MemoryStore, received: string[], from: 'now' | 'retained' = 'now') {
      const log = new LogLines(new Recorder())
      const handlers: GridHandlers = {
        ...createPast(store, systemClock),
        async items(topic, items) {
          for (const { id, xml } of items) {
            const seen = { topic, itemId: id, digest: digestOf(xml), at: systemClock.now() }
            if (await store.seen(seen)) continue
            received.push(id)
            await store.markSeen([seen])
          }
        },
        seenIds: (topic, ids) => store.seenIds(topic, ids),
        retracted: () => undefined,
        state: () => undefined,
      }
      const config = gridConfig(broker, { topics: [topicConfig({ name, from })] })
      const grid = createXmppGrid({ config, consume: [name], handlers, tell: log.tell, timing: { min: 50, max: 200 } })
      grid.start()
      await grid.whenUp(AbortSignal.timeout(30_000))
      return { log, grid, [Symbol.asyncDispose]: () => grid[Symbol.asyncDispose]() }
    }
    const passed = ({ lines }: LogLines) =>
      lines.filter(({ text }) => text === 'What the Topic kept before is passed over.').map(({ fields }) => fields)

    test('a new store delivers nothing of what was kept, and all that comes, also while it was away', async () => {
      await own.create('history', { access_model: 'whitelist' })
      for (const id of ['a', 'b', 'c']) await publish('history', id)
      const [store, received] = [new MemoryStore(systemClock), [] as string[]]
      {
        await using first = await follow('history', store, received)
        assert.match(JSON.stringify(passed(first.log)), /"topic":"history","items":3/)
        await publish('history', 'd')
        await eventually('what came live', () => received.includes('d'))
      }
      await publish('history', 'e')
      await using second = await follow('history', store, received)
      await eventually('what came while it was away', () => received.includes('e'))
      assert.deepEqual(passed(second.log), [])
      assert.deepEqual(received, ['d', 'e'])
    })

    test('what is published after a first join that found nothing is no past', async () => {
      const [store, received] = [new MemoryStore(systemClock), [] as string[]]
      await using _ = await follow('empty', store, received).then(async (first) => {
        await first[Symbol.asyncDispose]()
        await publish('empty', 'a')
        return follow('empty', store, received)
      })
      await eventually('the item', () => received.includes('a'))
    })

    test('of a Topic that is added while the gateway runs nothing of what was kept is delivered', async () => {
      for (const name of ['running', 'late']) {
        await own.create(name, { access_model: 'whitelist' })
        await publish(name, `${name}-before`)
      }
      const [store, received] = [new MemoryStore(systemClock), [] as string[]]
      await using gateway = await follow('running', store, received, 'retained')
      const take = (...names: string[]) => {
        const topics = names.map((name) => topicConfig({ name, from: name === 'running' ? 'retained' : 'now' }))
        gateway.grid.take(gridConfig(broker, { topics }), names)
      }
      take('running', 'late')
      await eventually('it is joined', () => passed(gateway.log).length > 0)
      await publish('late', 'late-after')
      await eventually('what came live', () => received.includes('late-after'))
      assert.deepEqual(received, ['running-before', 'late-after'])
    })

    test('nothing is lost of what is published while it is joined', async () => {
      // another account: ejabberd forgets a subscription whose account publishes at the same moment
      await using publisher = await brokerUser(broker, 'publisher')
      await own.create('busy', { access_model: 'whitelist', max_items: '1000' })
      await own.affiliate('busy', publisher.jid, 'publisher')
      for (const id of ['0', '1', '2']) await publish('busy', id, publisher)
      const [store, received] = [new MemoryStore(systemClock), [] as string[]]
      let next = 3
      let joined = false
      const publishing = (async () => {
        // goes on for a while when it is joined
        for (let more = 0; more < 10 && next < 900; next += 1) {
          await publish('busy', String(next), publisher)
          if (joined) more += 1
        }
      })()
      await using _ = await follow('busy', store, received)
      joined = true
      await publishing
      await eventually('the last', () => received.includes(String(next - 1)))
      const [first] = received.map(Number).sort((a, b) => a - b)
      const expected = Array.from({ length: next - (first ?? 0) }, (_, i) => String((first ?? 0) + i))
      await eventually('all behind the first', () => expected.every((id) => received.includes(id)))
      assert.ok((first ?? 0) >= 3)
    })

    test('without it all that is kept is delivered', async () => {
      await own.create('all', { access_model: 'whitelist' })
      await publish('all', 'a')
      const received: string[] = []
      await using _ = await follow('all', new MemoryStore(systemClock), received, 'retained')
      await eventually('what was kept', () => received.includes('a'))
    })
  })
}

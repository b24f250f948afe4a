import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import { type BrokerUser, brokerUser } from '../support/broker-user.ts'
import type { Broker } from '../support/brokers.ts'
import { gridConfig, topicConfig } from '../support/grid-config.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'
import { START } from '../support/start-broker.ts'

const USERS = { gateway: 'gateway-secret', owner: 'owner-secret', other: 'other-secret' }
const never = new AbortController().signal

describe('rights at a real ejabberd', () => {
  let broker: Broker
  let owner: BrokerUser

  before(async () => {
    broker = await START.ejabberd({ users: USERS })
    owner = await brokerUser(broker, 'owner')
  })
  after(async () => {
    await owner[Symbol.asyncDispose]()
    await broker.dispose()
  })

  async function begin(user: keyof typeof USERS, node: string, consume: readonly string[] = []) {
    const recorder = new Recorder()
    const config = gridConfig(broker, {
      jid: `${user}@${broker.domain}`,
      auth: { kind: 'password', readPassword: () => USERS[user], allowPlain: false },
      topics: [topicConfig({ name: node, create: false })],
    })
    const timing = { min: 50, max: 200, topicRetry: 200, resync: 200 }
    const grid = createXmppGrid({ config, consume, handlers: recorder, tell: new LogLines(recorder).tell, timing })
    grid.start()
    await grid.whenUp(AbortSignal.timeout(30_000))
    const publish = (id: string, text: string) => grid.publish(node, id, `<a xmlns="urn:x" b='c'>${text}</a>`, never)
    const state = () => recorder.states.findLast(({ part }) => part === `topic:${node}`)
    return { recorder, publish, state, [Symbol.asyncDispose]: () => grid[Symbol.asyncDispose]() }
  }

  test('the same incident from two gateways counts as published for both, another item is held', async () => {
    await owner.create('two', { access_model: 'whitelist' })
    for (const user of ['gateway', 'other']) await owner.affiliate('two', `${user}@${broker.domain}`, 'publisher')
    await using first = await begin('gateway', 'two')
    await using second = await begin('other', 'two')
    assert.deepEqual(await first.publish('i', 'same'), { kind: 'delivered' })
    const again = await second.publish('i', 'same')
    assert.equal(again.kind, 'delivered', JSON.stringify(again))
    const changed = await second.publish('i', 'changed')
    assert.equal(changed.kind, 'hold', JSON.stringify(changed))
    assert.deepEqual(await second.publish('j', 'changed'), { kind: 'delivered' })
  })

  test('a right to publish that is taken and given back holds nothing', async () => {
    await owner.create('taken', { access_model: 'whitelist' })
    const jid = `gateway@${broker.domain}`
    await owner.affiliate('taken', jid, 'publisher')
    await using gateway = await begin('gateway', 'taken')
    assert.deepEqual(await gateway.publish('a', '1'), { kind: 'delivered' })
    await owner.affiliate('taken', jid, 'member')
    assert.equal((await gateway.publish('b', '2')).kind, 'retry')
    await until(() => gateway.state()?.state === 'refused', 'the loss')
    await owner.affiliate('taken', jid, 'publisher')
    await until(() => {
      void gateway.publish('b', '2')
      return gateway.state()?.state === 'up'
    }, 'the Topic')
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { EVENTS } from '../../src/events/table.ts'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import type { Broker } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { gridConfig, topicConfig } from '../support/grid-config.ts'
import { startProsody } from '../support/prosody.ts'
import { LogLines, Recorder } from '../support/recorder.ts'
import { type GridUser, startGridUser } from '../support/slixmpp.ts'

const USERS = { gateway: 'gateway-secret', owner: 'owner-secret', reader: 'reader-secret' }
const ELSEWHERE = 'elsewhere.grid.example'
const item = (n: number) => `<report xmlns="urn:xmpp:incident:2"><n xmlns="urn:x">${n}</n></report>`

describe('a Topic that its Broker says is elsewhere (XEP-0060 section 6.1.3.11), on a real Prosody', () => {
  let broker: Broker
  /** who publishes there */
  let there: GridUser

  before(async () => {
    broker = await startProsody({
      users: USERS,
      moved: {
        'pubsub.grid.example/incident': `xmpp:${ELSEWHERE}?;node=other%20name`,
        'pubsub.grid.example/twice': `xmpp:${ELSEWHERE}?pubsub;node=again`,
        [`${ELSEWHERE}/again`]: 'xmpp:pubsub.grid.example?;node=plain',
        'pubsub.grid.example/hidden': `xmpp:${ELSEWHERE}?;node=shown`,
        'pubsub.grid.example/away': 'http://grid.example/',
      },
    })
    const gateway = await startGridUser(broker, { user: 'gateway', password: USERS.gateway })
    for (const node of ['incident', 'twice', 'away', 'plain'])
      await gateway.create(node, { 'pubsub#access_model': 'open' })
    await gateway[Symbol.asyncDispose]()
    there = await startGridUser({ ...broker, broker: ELSEWHERE }, { user: 'owner', password: USERS.owner })
    for (const node of ['other name', 'again', 'shown']) await there.create(node, { 'pubsub#access_model': 'open' })
  })
  after(async () => {
    await there?.[Symbol.asyncDispose]()
    await broker.dispose()
  })

  function reader(topic: string, redirects: readonly string[]) {
    const recorder = new Recorder()
    const log = new LogLines(recorder)
    const auth = { kind: 'password', readPassword: () => USERS.reader, allowPlain: false } as const
    const topics = [topicConfig({ name: topic, create: false, access: 'open' })]
    const config = gridConfig(broker, { jid: 'reader@grid.example', auth, topics, redirects })
    const grid = createXmppGrid({ config, consume: [topic], handlers: recorder, tell: log.tell })
    grid.start()
    return { recorder, log, grid, config, [Symbol.asyncDispose]: () => grid[Symbol.asyncDispose]() }
  }

  type Reader = ReturnType<typeof reader>
  const refused = async ({ recorder }: Reader, topic: string): Promise<string> => {
    const find = () => recorder.states.findLast(({ part, state }) => part === `topic:${topic}` && state === 'refused')
    await eventually('it is refused', () => find() !== undefined, { ms: 30_000 })
    return find()?.reason ?? ''
  }

  test('is followed there: what is kept and what comes is of that Topic', async () => {
    await there.publish('other name', 'one', item(1))
    for (const login of ['first', 'second']) {
      await using it = reader('incident', [ELSEWHERE])
      await eventually(`what is kept is read at the ${login} login`, () => it.recorder.received.length > 0, {
        ms: 30_000,
      })
      await there.publish('other name', login, item(2))
      await eventually('what comes is taken', () => it.recorder.received.some(({ id }) => id === login), { ms: 30_000 })
      assert.deepEqual([...new Set(it.recorder.received.map(({ topic }) => topic))], ['incident'])
      assert.deepEqual(it.recorder.drops, [])
      assert.deepEqual(
        it.log.lines.filter(({ text }) => text === EVENTS['topic-redirected'].text).map(({ fields }) => fields),
        [{ topic: 'incident', broker: ELSEWHERE, node: 'other name' }],
      )
    }
  })

  test('is left there where it is taken out while the gateway runs', async () => {
    const node = 'other name'
    const subscriptions = `<pubsub xmlns="http://jabber.org/protocol/pubsub#owner"><subscriptions node="${node}"/></pubsub>`
    const isSubscribed = async () => (await there.iq('get', ELSEWHERE, subscriptions)).xml?.includes('reader@') === true
    await using it = reader('incident', [ELSEWHERE])
    await it.grid.whenUp(AbortSignal.timeout(30_000))
    assert.equal(await isSubscribed(), true)
    it.grid.take({ ...it.config, topics: [] }, [])
    await eventually('it is not subscribed there any more', async () => !(await isSubscribed()))
  })

  test('is followed there also where whoever looks at it is told so', async () => {
    await using it = reader('hidden', [ELSEWHERE])
    await there.publish('shown', 'three', item(3))
    await eventually('what is there is taken', () => it.recorder.received.length > 0, { ms: 30_000 })
    assert.equal(it.recorder.received[0]?.topic, 'hidden')
  })

  test('is refused, and why, where it is not listed', async () => {
    await using it = reader('incident', ['other.example'])
    assert.equal(
      await refused(it, 'incident'),
      `It cannot be subscribed to: gone (it is at xmpp:${ELSEWHERE}?;node=other%20name). ${ELSEWHERE} is not in grid.redirects, and not followed.`,
    )
    assert.deepEqual(it.recorder.received, [])
  })

  test('is followed once', async () => {
    await using it = reader('twice', [ELSEWHERE, 'pubsub.grid.example'])
    assert.equal(
      await refused(it, 'twice'),
      `It cannot be subscribed to: gone (it is at xmpp:pubsub.grid.example?;node=plain). It was followed there from pubsub.grid.example.`,
    )
  })

  test('is not looked for at what is no JID', async () => {
    await using it = reader('away', [ELSEWHERE])
    assert.match(
      await refused(it, 'away'),
      /gone \(it is at http:.*\)\. That is not in grid\.redirects, and not followed\.$/,
    )
  })
})

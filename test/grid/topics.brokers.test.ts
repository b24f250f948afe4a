import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TopicConfig } from '../../src/config/types.ts'
import { createXmppGrid, type XmppGridOptions } from '../../src/grid/xmpp-grid.ts'
import { type BrokerUser, brokerUser, owner, pubsub } from '../support/broker-user.ts'
import type { Broker } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { gridConfig, topicConfig } from '../support/grid-config.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'
import { START } from '../support/start-broker.ts'

const USERS = { gateway: 'gateway-secret', member: 'member-secret', stranger: 'stranger-secret' }
const FAST = { min: 50, max: 200, topicRetry: 200 }
const ITEM = '<a xmlns="urn:x"/>'
const never = new AbortController().signal

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`a Topic at a real ${kind} is what the configuration says, or it is not used`, () => {
    let broker: Broker
    let own: BrokerUser
    let member: BrokerUser
    let stranger: BrokerUser

    before(async () => {
      broker = await START[kind]({ users: USERS })
      own = await brokerUser(broker, 'gateway')
      member = await brokerUser(broker, 'member')
      stranger = await brokerUser(broker, 'stranger')
    })
    after(async () => {
      for (const user of [own, member, stranger]) await user[Symbol.asyncDispose]()
      await broker.dispose()
    })

    async function begin(topic: Partial<TopicConfig>, options: Partial<XmppGridOptions> = {}) {
      const recorder = new Recorder()
      const log = new LogLines(recorder)
      const config = gridConfig(broker, { topics: [topicConfig(topic)] })
      const grid = createXmppGrid({ config, consume: [], handlers: recorder, tell: log.tell, timing: FAST, ...options })
      grid.start()
      await grid.whenUp(AbortSignal.timeout(30_000))
      const state = () => recorder.states.findLast(({ part }) => part === `topic:${topic.name}`)
      const publish = (id: string) => grid.publish(topic.name ?? '', id, ITEM, never)
      const published = () => eventually('a publication', async () => (await publish('late')).kind === 'delivered')
      return {
        grid,
        recorder,
        log,
        state,
        publish,
        published,
        [Symbol.asyncDispose]: () => grid[Symbol.asyncDispose](),
      }
    }

    const hears = (user: BrokerUser, id: string) => user.heard.some((told) => told.toString().includes(`id="${id}"`))
    const affiliations = (node: string) => own.must('get', owner(`<affiliations node="${node}"/>`))
    const reads = async (user: BrokerUser, node: string) => {
      const answer = await user.ask('get', pubsub(`<items node="${node}"/>`))
      return answer.kind === 'result'
    }

    test('says itself that it has what the gateway asks for', async () => {
      await using gateway = await begin({ name: 'featured' })
      assert.deepEqual(gateway.grid.lacking(), [])
    })

    test('one that was made open before is refused, and nothing is published to it', async () => {
      await own.create('open before', { access_model: 'open' })
      await using gateway = await begin({ name: 'open before' })
      assert.equal(gateway.state()?.state, 'refused')
      assert.match(gateway.state()?.reason ?? '', /access model is open, not whitelist/)
      assert.equal((await gateway.publish('a')).kind, 'retry')
    })

    test('without `create` it is the expectation that is stated, or none', async () => {
      await own.create('expected', { access_model: 'open' })
      await using stated = await begin({ name: 'expected', create: false })
      assert.equal(stated.state()?.state, 'refused')
      const { access: _, ...unstated } = topicConfig({ name: 'expected', create: false })
      const config = gridConfig(broker, { topics: [unstated] })
      const recorder = new Recorder()
      await using grid = createXmppGrid({ config, consume: [], handlers: recorder, tell: () => {}, timing: FAST })
      grid.start()
      await grid.whenUp(AbortSignal.timeout(30_000))
      assert.equal(recorder.stateOf('topic:expected'), 'up')
    })

    test('one that belongs to somebody else as well is refused until `members` names them', async () => {
      await own.create('shared', { access_model: 'whitelist' })
      assert.equal((await own.affiliate('shared', stranger.jid, 'owner')).kind, 'result')
      {
        await using gateway = await begin({ name: 'shared' })
        assert.equal(gateway.state()?.state, 'refused')
        assert.match(gateway.state()?.reason ?? '', /belongs to stranger@grid\.example/)
        assert.equal((await gateway.publish('a')).kind, 'retry')
      }
      await using named = await begin({ name: 'shared', members: [stranger.jid] })
      assert.equal(named.state()?.state, 'up')
    })

    test('what a crash between creation and members left is completed at the next join', async () => {
      await own.create('half made', { access_model: 'whitelist', max_items: '20' })
      await using gateway = await begin({ name: 'half made', title: 'Whole', members: [member.jid] })
      assert.match(await affiliations('half made'), /member@grid\.example/)
      assert.equal((await member.subscribe('half made')).kind, 'result')
      const configuration = await own.must('get', owner('<configure node="half made"/>'))
      assert.match(configuration, /<value>Whole<\/value>/)
      assert.doesNotMatch(configuration, /max_items.{0,400}<value>20<\/value>/)
      assert.equal(gateway.state()?.state, 'up')
    })

    test('who was taken out of `members` reads nothing more, though subscribed', async () => {
      const before = await begin({ name: 'taken out', members: [member.jid, stranger.jid] })
      for (const user of [member, stranger]) assert.equal((await user.subscribe('taken out')).kind, 'result')
      await before.publish('a')
      await eventually('the first item', () => hears(stranger, 'a'))
      await before[Symbol.asyncDispose]()
      stranger.heard.length = 0
      member.heard.length = 0
      await using after = await begin({ name: 'taken out', members: [member.jid] })
      assert.equal(after.state()?.state, 'up', after.state()?.reason ?? '')
      assert.deepEqual(await after.publish('b'), { kind: 'delivered' })
      await eventually('the second item', () => hears(member, 'b'))
      assert.ok(!hears(stranger, 'b'))
      assert.equal(await reads(stranger, 'taken out'), false)
      assert.equal(await reads(member, 'taken out'), true)
    })

    test('who is let in, or out, at the Broker while the gateway runs is told of, until that is mended', async () => {
      const timing = { ...FAST, resync: 200 }
      await using gateway = await begin({ name: 'changed by hand', members: [member.jid] }, { timing })
      await own.affiliate('changed by hand', stranger.jid, 'member')
      await until(() => gateway.state()?.reason != null, 'the difference')
      assert.equal(gateway.state()?.state, 'up')
      assert.match(
        gateway.state()?.reason ?? '',
        /^stranger@grid\.example may read it and is not in `members`\. `topics members mend changed by hand`/,
      )
      await own.affiliate('changed by hand', stranger.jid, 'none')
      await until(() => gateway.state()?.reason === null, 'the end of it')
      await own.affiliate('changed by hand', member.jid, 'none')
      await until(() => gateway.state()?.reason != null, 'the other difference')
      assert.match(gateway.state()?.reason ?? '', /^member@grid\.example is in `members` and may not read it\./)
    })

    test('who was made a publisher by hand stays one', async () => {
      await own.create('provided', { access_model: 'whitelist' })
      await own.affiliate('provided', stranger.jid, 'publisher')
      await stranger.subscribe('provided')
      await using gateway = await begin({ name: 'provided' })
      assert.equal(gateway.state()?.state, 'up')
      assert.match(await affiliations('provided'), /stranger@grid\.example/)
      assert.deepEqual(await gateway.publish('provided-1'), { kind: 'delivered' })
      await eventually('the item', () => hears(stranger, 'provided-1'))
    })

    test('one that is deleted while it is only published to has its members again', async () => {
      await using gateway = await begin({ name: 'deleted', members: [member.jid] })
      assert.deepEqual(await gateway.publish('a'), { kind: 'delivered' })
      await own.delete('deleted')
      await gateway.publish('b')
      await eventually('its member', async () => {
        const answer = await own.ask('get', owner('<affiliations node="deleted"/>'))
        return answer.kind === 'result' && answer.stanza.toString().includes(member.jid)
      })
      await gateway.published()
      assert.equal(await reads(member, 'deleted'), true)
      assert.equal(await reads(stranger, 'deleted'), false)
    })

    test('one that became open while the gateway runs is refused, and stays so', async () => {
      await using gateway = await begin({ name: 'opened' })
      assert.deepEqual(await gateway.publish('a'), { kind: 'delivered' })
      await own.configure('opened', { access_model: 'open' })
      const outcomes: string[] = []
      await until(() => {
        void gateway.publish('b').then(({ kind }) => outcomes.push(kind))
        return gateway.state()?.state === 'refused'
      }, 'the refusal')
      const outcome = await gateway.publish('c')
      assert.equal(outcome.kind, 'retry')
      assert.match(outcome.kind === 'retry' ? outcome.reason : '', /access model is open/)
      assert.ok(!outcomes.includes('delivered'))
      await own.configure('opened', { access_model: 'whitelist' })
      await gateway.published()
    })

    if (kind === 'ejabberd') {
      test('with `authorize` members are let in who ask, strangers wait, and we are let in ourselves', async () => {
        const topic = { name: 'asked', access: 'authorize', members: [member.jid] } as const
        await using gateway = await begin(topic, { consume: ['asked'] })
        await until(() => gateway.state()?.state === 'up', 'our own approval')
        for (const user of [member, stranger]) assert.equal((await user.subscribe('asked')).kind, 'result')
        await until(
          () => gateway.log.lines.filter(({ text }) => text.startsWith('Somebody asked')).length === 3,
          'answers',
        )
        assert.deepEqual(await gateway.publish('asked-1'), { kind: 'delivered' })
        await eventually('the item', () => hears(member, 'asked-1') && gateway.recorder.ids().includes('asked-1'))
        assert.ok(!hears(stranger, 'asked-1'))
        assert.equal(await reads(stranger, 'asked'), false)
        const answers = gateway.log.lines.flatMap(
          ({ fields }) => /"answer":"(\w+)"/.exec(JSON.stringify(fields))?.[1] ?? [],
        )
        assert.deepEqual(answers.sort(), ['approved', 'approved', 'pending'])
      })

      test('with `authorize` who waited and is in `members` by now is let in at the next check', async () => {
        const topic = { name: 'waited', access: 'authorize' } as const
        {
          await using gateway = await begin(topic, { consume: ['waited'] })
          await until(() => gateway.state()?.state === 'up', 'our own approval')
          assert.equal((await member.subscribe('waited')).kind, 'result')
          await until(
            () => gateway.log.lines.some(({ fields }) => JSON.stringify(fields).includes('"answer":"pending"')),
            'the request',
          )
        }
        await using gateway = await begin({ ...topic, members: [member.jid] }, { consume: ['waited'] })
        await until(() => gateway.state()?.state === 'up', 'the check')
        assert.deepEqual(await gateway.publish('waited-1'), { kind: 'delivered' })
        await eventually('the item', () => hears(member, 'waited-1'))
      })

      test('one that a stranger made first is refused, though it is closed', async () => {
        await stranger.create('theirs', { access_model: 'whitelist' })
        await using gateway = await begin({ name: 'theirs' })
        assert.equal(gateway.state()?.state, 'refused')
        assert.match(gateway.state()?.reason ?? '', /not ours .*belongs to stranger@grid\.example/)
        assert.equal((await gateway.publish('a')).kind, 'retry')
      })

      test('of one that is not ours the log says whose it is', async () => {
        await stranger.create('told', { access_model: 'open' })
        await using gateway = await begin({ name: 'told', create: false, access: 'open' })
        const told = gateway.log.lines.find(({ text }) => text === 'Topic checked.')
        assert.match(JSON.stringify(told?.fields), /"access":"open","owner":"stranger@grid\.example"/)
      })
    }
  })
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { LoginConfig } from '../../src/config/types.ts'
import type { Grid } from '../../src/grid/contract.ts'
import { openSession } from '../../src/grid/xmpp/session.ts'
import { createXmppGrid, type XmppGridOptions } from '../../src/grid/xmpp-grid.ts'
import { untold } from '../../src/tell.ts'
import type { Broker } from '../support/brokers.ts'
import { gridConfig, topicConfig } from '../support/grid-config.ts'
import { createPki } from '../support/pki.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'
import { START } from '../support/start-broker.ts'

const USERS = { gateway: 'gateway-secret', member: 'member-secret', stranger: 'stranger-secret' }
const FAST = { min: 50, max: 200, topicRetry: 200 }
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

    const as = (user: keyof typeof USERS): Partial<LoginConfig> => ({
      jid: `${user}@${broker.domain}`,
      auth: { kind: 'password', readPassword: () => USERS[user], allowPlain: false },
    })

    async function begin(config: Partial<LoginConfig>, options: Partial<XmppGridOptions> = {}) {
      const recorder = new Recorder()
      const log = new LogLines(recorder)
      const { tell } = log
      const grid = createXmppGrid({
        config: gridConfig(broker, config),
        consume: [],
        handlers: recorder,
        tell,
        ...options,
      })
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
      assert.deepEqual(await provider.grid.publish('closed', 'one', xml, never), { kind: 'delivered' })
      await until(() => member.recorder.received.length > 0 && provider.recorder.received.length > 0, 'the item')
      const item = member.recorder.received[0]
      assert.equal(item?.id, 'one')
      assert.equal(item?.retained, false)
      assert.match(item?.xml ?? '', /日本語 &amp; 𠮷/)
      assert.equal(stranger.recorder.received.length, 0)
      const refused = await stranger.grid.publish('closed', 'two', xml, never)
      // a right may come back: it waits
      assert.equal(refused.kind, 'retry')
      assert.match(refused.kind === 'retry' ? refused.reason : '', /forbidden/)
      assert.deepEqual(member.recorder.ids(), ['one'])
    })

    test('an item that is retracted is gone for everybody, once and for all', async () => {
      const topic = topicConfig({ name: 'retracting', members: [`member@${broker.domain}`] })
      const provider = await begin({ topics: [topic] })
      const member = await begin({ ...as('member'), topics: [] }, { consume: ['retracting'] })
      for (const id of ['one', 'two']) {
        assert.deepEqual(await provider.grid.publish('retracting', id, '<a xmlns="urn:a"/>', never), {
          kind: 'delivered',
        })
      }
      await until(() => member.recorder.received.length === 2, 'both items')
      assert.deepEqual(await provider.grid.retract('retracting', 'one', never), { kind: 'delivered' })
      await until(() => member.recorder.retractions.includes('one'), 'the retraction')
      // again, and what never was there
      for (const id of ['one', 'never']) {
        assert.deepEqual(await provider.grid.retract('retracting', id, never), { kind: 'delivered' })
      }
      const late = await begin({ ...as('member'), topics: [] }, { consume: ['retracting'] })
      await until(() => late.recorder.received.length > 0, 'what is left')
      assert.deepEqual(late.recorder.ids(), ['two'])
      const outsider = await begin({ ...as('stranger'), topics: [] }, { consume: ['retracting'] })
      assert.equal((await outsider.grid.retract('retracting', 'two', never)).kind, 'retry')
    })

    test('what was published while a Consumer was away is read at its next join, in order and once', async () => {
      const topic = topicConfig({ name: 'away', members: [`member@${broker.domain}`] })
      const provider = await begin({ topics: [topic] })
      const ids = Array.from({ length: 60 }, (_, i) => `item-${String((i * 37) % 60).padStart(2, '0')}`)
      for (const id of ids.slice(0, 50)) {
        assert.deepEqual(await provider.grid.publish('away', id, `<i xmlns="urn:x" n="${id}"/>`, never), {
          kind: 'delivered',
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

    test('an item published anew under its old id while a Consumer was away is read', async () => {
      const topic = topicConfig({ name: 'anew', members: [`member@${broker.domain}`] })
      const provider = await begin({ topics: [topic] })
      const publish = (id: string, n: number) => provider.grid.publish('anew', id, `<i xmlns="urn:x" n="${n}"/>`, never)
      for (const id of ['a', 'b', 'c']) await publish(id, 1)
      const first = await begin({ ...as('member'), topics: [] }, { consume: ['anew'] })
      await until(() => first.recorder.received.length === 3, 'all items')
      await first.grid[Symbol.asyncDispose]()
      await publish('a', 2)
      await publish('d', 1)
      const again = await begin({ ...as('member'), topics: [] }, { consume: ['anew'], handlers: first.recorder })
      await until(() => first.recorder.ids().includes('d'), 'what is new')
      const fresh = first.recorder.received.slice(3).map((item) => `${item.id} ${/n=.(\d)/.exec(item.xml)?.[1]}`)
      assert.deepEqual(fresh, ['a 2', 'd 1'])
      await again.grid[Symbol.asyncDispose]()
    })

    test('200 KB of Japanese text come through unharmed, live and retained', async () => {
      const topic = topicConfig({ name: 'large', members: [`member@${broker.domain}`] })
      const provider = await begin({ topics: [topic] })
      const member = await begin({ ...as('member'), topics: [] }, { consume: ['large'] })
      const text = 'インシデント報告：不正アクセスを検知しました。𠮷野 '.repeat(2_700)
      const xml = `<report xmlns="urn:xmpp:incident:2"><a>${text}</a></report>`
      assert.ok(Buffer.byteLength(xml) > 195_000)
      for (const id of ['a', 'b', 'c']) {
        assert.deepEqual(await provider.grid.publish('large', id, xml, never), { kind: 'delivered' })
      }
      await until(() => member.recorder.received.length === 3, 'live items')
      const late = await begin({ ...as('member'), topics: [] }, { consume: ['large'] })
      assert.deepEqual(late.recorder.ids(), ['a', 'b', 'c'])
      for (const item of [...member.recorder.received, ...late.recorder.received]) {
        assert.equal(/<a>([^<]*)<[/]a>/.exec(item.xml)?.[1], text)
      }
    })

    test('an item over maxItem, or that is no XML, is held and nothing is sent', async () => {
      const provider = await begin({ topics: [topicConfig({ name: 'held' })], maxItem: 1_000 })
      const outcomes = [
        await provider.grid.publish('held', 'a', `<a xmlns="urn:x">${'x'.repeat(1_000)}</a>`, never),
        await provider.grid.publish('held', 'b', '<a xmlns="urn:x">\u0001</a>', never),
        await provider.grid.publish('held', 'c', '<a xmlns="urn:x">\ud800</a>', never),
        await provider.grid.publish('held', 'd', '<a xmlns="urn:x"></b>', never),
        await provider.grid.publish('held', 'e', '</item></publish></pubsub></iq><presence/>', never),
      ]
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        outcomes.map(() => 'hold'),
      )
      assert.deepEqual(await provider.grid.publish('held', 'g', '<a xmlns="urn:x"/>', never), { kind: 'delivered' })
      // its Topic was taken out just now: as after a restart, it waits until that is there again
      const nowhere = await provider.grid.publish('nowhere', 'f', '<a/>', never)
      assert.deepEqual(
        [nowhere.kind, 'reason' in nowhere && nowhere.reason],
        ['retry', 'Topic nowhere is not configured.'],
      )
      assert.equal(provider.grid.state().state, 'up')
    })

    test('an item over what the server takes is tried alone, then held, and others get through', async () => {
      const topic = topicConfig({ name: 'over' })
      const provider = await begin({ topics: [topic], maxItem: 2_000_000 }, { timing: FAST })
      const huge = `<a xmlns="urn:x">${'x'.repeat(400_000)}</a>`
      let tries = 0
      const publishHuge = async () => {
        tries += 1
        await provider.grid.whenUp(AbortSignal.timeout(30_000))
        const outcome = await provider.grid.publish('over', 'huge', huge, never)
        return outcome.kind === 'retry' ? undefined : outcome
      }
      const [, first] = await Promise.all([
        provider.grid.publish('over', 'small', '<a xmlns="urn:x"/>', never),
        publishHuge(),
      ])
      const last = first ?? (await publishHuge()) ?? (await publishHuge())
      assert.equal(last?.kind, 'hold', JSON.stringify(last))
      assert.ok(tries <= 3, `${tries} tries`)
      await provider.grid.whenUp(AbortSignal.timeout(30_000))
      assert.deepEqual(await provider.grid.publish('over', 'small', '<a xmlns="urn:x"/>', never), { kind: 'delivered' })
    })

    test('a Topic deleted behind our back never shows an item to a stranger', async () => {
      const topic = topicConfig({ name: 'deleted' })
      const provider = await begin({ topics: [topic] }, { timing: FAST })
      assert.deepEqual(await provider.grid.publish('deleted', 'a', '<a xmlns="urn:x"/>', never), { kind: 'delivered' })
      await asOwner('<delete node="deleted"/>')
      let outcome = await provider.grid.publish('deleted', 'b', '<a xmlns="urn:x"/>', never)
      for (let i = 0; i < 50 && outcome.kind === 'retry'; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        outcome = await provider.grid.publish('deleted', 'b', '<a xmlns="urn:x"/>', never)
      }
      assert.deepEqual(outcome, { kind: 'delivered' })
      const stranger = await begin({ ...as('stranger'), topics: [] }, { consume: ['deleted'] })
      assert.equal(stranger.recorder.stateOf('topic:deleted'), 'refused')
      assert.deepEqual(stranger.recorder.received, [])
    })

    test('is back after a restart of the server, and reads what it missed', async () => {
      const topic = topicConfig({ name: 'restart', members: [`member@${broker.domain}`] })
      const provider = await begin({ topics: [topic] }, { timing: FAST })
      const member = await begin({ ...as('member'), topics: [] }, { consume: ['restart'], timing: FAST })
      await provider.grid.publish('restart', 'a', '<a xmlns="urn:x"/>', never)
      await until(() => member.recorder.received.length === 1, 'the first item')
      // killed in the minute in which it made a Topic, ejabberd forgets the Topic, and gives its items to the next one
      await (kind === 'ejabberd' ? broker.stop() : broker.kill())
      await until(() => provider.grid.state().state !== 'up', 'the loss')
      const away = await provider.grid.publish('restart', 'b', '<a xmlns="urn:x"/>', never)
      assert.equal(away.kind === 'retry' && away.destinationDown, true)
      await broker.start()
      await provider.grid.whenUp(AbortSignal.timeout(60_000))
      assert.deepEqual(await provider.grid.publish('restart', 'b', '<a xmlns="urn:x"/>', never), { kind: 'delivered' })
      await until(() => member.recorder.ids().includes('b'), 'the second item', 60_000)
      assert.deepEqual(member.recorder.ids(), ['a', 'b'])
    })

    test('shows the Topics with what is known about them', async () => {
      const topic = topicConfig({ name: 'shown', title: 'To be shown' })
      await begin({ topics: [topic] })
      const { grid } = await begin({ topics: [topic] }, { liveOnly: true })
      const shown = (await grid.discover(never)).find(({ node }) => node === 'shown')
      assert.equal(shown?.type, 'leaf')
      assert.deepEqual(shown?.meta['pubsub#title'], ['To be shown'])
      assert.deepEqual(shown?.meta['pubsub#access_model'], ['whitelist'])
      assert.deepEqual(shown?.meta['pubsub#type'], ['urn:xmpp:incident:2'])
      assert.deepEqual(shown?.meta['pubsub#max_items'], ['max'])
    })

    test('a watcher beside a gateway of the same account takes nothing from it', async () => {
      const topic = topicConfig({ name: 'watched' })
      const gateway = await begin({ topics: [topic] }, { consume: ['watched'] })
      await gateway.grid.publish('watched', 'old', '<a xmlns="urn:x"/>', never)
      await until(() => gateway.recorder.received.length === 1, 'the old item')
      const watcher = await begin({ topics: [topic] }, { consume: ['watched'], liveOnly: true })
      await gateway.grid.publish('watched', 'new', '<a xmlns="urn:x"/>', never)
      await until(() => watcher.recorder.received.length > 0 && gateway.recorder.received.length > 1, 'the new item')
      assert.deepEqual(watcher.recorder.ids(), ['new'])
      await watcher.grid[Symbol.asyncDispose]()
      await gateway.grid.publish('watched', 'newer', '<a xmlns="urn:x"/>', never)
      await until(() => gateway.recorder.received.length > 2, 'the newer item')
      assert.deepEqual(gateway.recorder.ids(), ['old', 'new', 'newer'])
    })

    test('a half-open line is noticed and left', async () => {
      const { grid } = await begin({ topics: [] }, { timing: { ...FAST, pingInterval: 200, pingTimeout: 1_000 } })
      broker.pause()
      try {
        await until(() => grid.state().state !== 'up', 'the loss')
        assert.match(grid.state().reason ?? '', /ping|connected/)
      } finally {
        broker.resume()
      }
      await grid.whenUp(AbortSignal.timeout(60_000))
    })

    test('a wrong password is refused and not hammered', async () => {
      const config = gridConfig(broker, { auth: { kind: 'password', readPassword: () => 'wrong', allowPlain: false } })
      const recorder = new Recorder()
      const grid = createXmppGrid({
        config,
        consume: [],
        handlers: recorder,
        tell: untold,
        timing: { min: 1, max: 1 },
      })
      grids.push(grid)
      grid.start()
      await assert.rejects(grid.whenUp(AbortSignal.timeout(30_000)), { code: 'grid-auth' })
      await new Promise((resolve) => setTimeout(resolve, 300))
      assert.equal(recorder.states.filter(({ state }) => state === 'connecting').length, 1)
      assert.equal(grid.state().state, 'refused')
    })

    async function asOwner(action: string): Promise<void> {
      const options = { config: gridConfig(broker), onMessage: () => {}, onDropped: () => {} }
      const session = await openSession(options, never)
      const payload = `<pubsub xmlns="http://jabber.org/protocol/pubsub#owner">${action}</pubsub>`
      const answer = await session.request({ to: broker.broker, type: 'set', payload })
      await session.close()
      assert.equal(answer.kind, 'result', JSON.stringify(answer))
    }
  })

  describe(`${kind}, set up otherwise`, () => {
    test('EXTERNAL by client certificate', async () => {
      await using pki = await createPki()
      await using broker = await START[kind]({ pki, external: true, users: { gateway: 'unused' } })
      const own = await (await pki.ca('grid')).issue({ cn: 'gateway', xmpp: [`gateway@${broker.domain}`] })
      const tls = { ca: broker.ca, cert: own.cert, key: own.key, minVersion: 'TLSv1.2' as const }
      const config = gridConfig(broker, { auth: { kind: 'external' }, tls, topics: [] })
      const session = await openSession(
        { config, onMessage: () => {}, onDropped: () => {} },
        AbortSignal.timeout(20_000),
      )
      assert.equal(session.address.bare, `gateway@${broker.domain}`)
      await session.close()
    })

    test('TLS 1.2 with channel binding, and direct TLS', async () => {
      await using broker = await START[kind]({ tls: '1.2' })
      for (const service of [broker.service, broker.directTls]) {
        const config = gridConfig(broker, { service, topics: [] })
        const session = await openSession(
          { config, onMessage: () => {}, onDropped: () => {} },
          AbortSignal.timeout(20_000),
        )
        await session.close()
      }
    })

    test('what rotated away while we were absent is a gap', async () => {
      await using broker = await START[kind]({ maxItems: 5 })
      const topic = topicConfig({ name: 'short' })
      const make = (recorder: Recorder) => {
        const config = gridConfig(broker, { topics: [topic] })
        const grid = createXmppGrid({
          config,
          consume: ['short'],
          handlers: recorder,
          tell: new LogLines(recorder).tell,
        })
        grid.start()
        return grid
      }
      const recorder = new Recorder()
      const first = make(recorder)
      await first.whenUp(AbortSignal.timeout(30_000))
      await first.publish('short', 'seen', '<a xmlns="urn:x"/>', never)
      await until(() => recorder.received.length === 1, 'the first item')
      const other = new Recorder()
      const second = make(other)
      await second.whenUp(AbortSignal.timeout(30_000))
      await first[Symbol.asyncDispose]()
      for (let i = 0; i < 8; i += 1) await second.publish('short', `missed-${i}`, '<a xmlns="urn:x"/>', never)
      await second[Symbol.asyncDispose]()
      const third = make(recorder)
      await third.whenUp(AbortSignal.timeout(30_000))
      assert.deepEqual(recorder.gaps, [{ topic: 'short', after: 'seen', before: 'missed-3', retained: 5 }])
      assert.deepEqual(recorder.ids().slice(1), ['missed-3', 'missed-4', 'missed-5', 'missed-6', 'missed-7'])
      await third[Symbol.asyncDispose]()
    })
  })
}

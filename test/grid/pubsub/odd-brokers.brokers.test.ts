import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { XmppGridOptions } from '../../../src/grid/xmpp-grid.ts'
import { answer, event, FAKE_DOMAIN, type FakeIq, type FakeScript, usualAnswer } from '../../support/fake-controller.ts'
import { fakeCertificates } from '../../support/fake-grid.ts'
import { asksForRetained, errorAnswer, FakeTopic, item, join, listAnswer, TIMING } from '../../support/fake-topic.ts'
import { Recorder, until } from '../../support/recorder.ts'

const PUBSUB = 'http://jabber.org/protocol/pubsub'
const ITEM = '<a xmlns="urn:x">text</a>'
const never = new AbortController().signal

describe('Brokers that do otherwise than Prosody and ejabberd', () => {
  const made = fakeCertificates()

  const joined = (onIq: FakeScript['onIq'], recorder = new Recorder(), options: Partial<XmppGridOptions> = {}) =>
    join({ made, script: onIq ? { onIq } : {}, recorder, options })

  const topicState = (recorder: Recorder) => recorder.states.findLast(({ part }) => part === 'topic:incident')

  const lists = (iq: FakeIq) => iq.xml.includes('disco#items') && iq.xml.includes('node=')

  for (const [what, list] of [
    ['lists no items', (iq: FakeIq) => listAnswer(iq, [])],
    ['knows no list of items', (iq: FakeIq) => errorAnswer(iq, 'feature-not-implemented')],
  ] as const) {
    test(`what a Broker keeps that ${what} is read all the same`, async () => {
      const topic = new FakeTopic()
      topic.add('a', 'b', 'c')
      await using link = await joined((iq) => (lists(iq) ? list(iq) : topic.onIq(iq)))
      assert.deepEqual(link.recorder.ids(), ['a', 'b', 'c'])
      assert.equal(topicState(link.recorder)?.state, 'up')
    })
  }

  test('items whose ids are so long that their list cannot be read do not keep the Topic from being joined', async () => {
    const topic = new FakeTopic()
    const long = Array.from({ length: 180 }, (_, i) => `${i}${'x'.repeat(100_000)}`)
    topic.add(...long)
    const recorder = new Recorder()
    recorder.last = { itemId: 'before', at: 0 }
    await using link = await joined(topic.onIq, recorder)
    assert.equal(topicState(recorder)?.state, 'up')
    assert.equal(recorder.gaps.length, 1)
    // the newest of them are read
    assert.equal(recorder.ids().at(-1), long.at(-1))
    await link.fake.send(event('incident', item('live')))
    await until(() => recorder.ids().includes('live'), 'what came behind them')
  })

  for (const condition of ['forbidden', 'not-authorized', 'subscription-required']) {
    test(`a Topic whose past is kept from us (${condition}) is followed live, and not called up`, async () => {
      let allowed = false
      const topic = new FakeTopic()
      topic.add('past')
      const onIq = (iq: FakeIq) =>
        asksForRetained(iq) && !allowed ? errorAnswer(iq, condition, 'auth') : topic.onIq(iq)
      await using link = await joined(onIq, new Recorder(), { timing: { ...TIMING, resync: 50 } })
      assert.equal(topicState(link.recorder)?.state, 'refused')
      assert.match(topicState(link.recorder)?.reason ?? '', new RegExp(condition))
      await link.fake.send(event('incident', item('live')))
      await until(() => link.recorder.ids().includes('live'), 'the live item')
      allowed = true
      await until(() => link.recorder.ids().includes('past'), 'what was kept from us')
      await until(() => topicState(link.recorder)?.state === 'up', 'the Topic')
    })
  }

  test('a right to read that is lost while it runs does not stay unseen', async () => {
    let allowed = true
    const topic = new FakeTopic()
    const onIq = (iq: FakeIq) =>
      asksForRetained(iq) && !allowed ? errorAnswer(iq, 'forbidden', 'auth') : topic.onIq(iq)
    await using link = await joined(onIq, new Recorder(), { timing: { ...TIMING, resync: 50 } })
    assert.equal(topicState(link.recorder)?.state, 'up')
    allowed = false
    await until(() => topicState(link.recorder)?.state === 'refused', 'the loss')
    assert.match(topicState(link.recorder)?.reason ?? '', /forbidden/)
  })

  test('a right to publish that is lost leaves every item waiting, and what is pending goes when it is back', async () => {
    let allowed = true
    const onIq = (iq: FakeIq) =>
      iq.xml.includes('<publish ') && !allowed ? errorAnswer(iq, 'forbidden', 'auth') : undefined
    await using link = await joined(onIq)
    assert.equal((await link.grid.publish('incident', 'a', ITEM, never)).kind, 'delivered')
    allowed = false
    for (const id of ['b', 'c']) {
      const outcome = await link.grid.publish('incident', id, ITEM, never)
      assert.equal(outcome.kind === 'retry' && outcome.destinationDown, true, JSON.stringify(outcome))
    }
    await until(() => topicState(link.recorder)?.state === 'refused', 'the loss')
    assert.match(topicState(link.recorder)?.reason ?? '', /published.*forbidden/)
    allowed = true
    const waiting = Date.now() + 30_000
    let outcome = await link.grid.publish('incident', 'b', ITEM, never)
    while (outcome.kind !== 'delivered' && Date.now() < waiting) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      outcome = await link.grid.publish('incident', 'b', ITEM, never)
    }
    assert.equal(outcome.kind, 'delivered')
    await until(() => topicState(link.recorder)?.state === 'up', 'the Topic')
  })

  for (const condition of ['forbidden', 'conflict']) {
    test(`the same item of another publisher that cannot be overwritten (${condition}) counts as published`, async () => {
      const topic = new FakeTopic()
      const onIq = (iq: FakeIq) => (iq.xml.includes('<publish ') ? errorAnswer(iq, condition, 'auth') : topic.onIq(iq))
      await using link = await joined(onIq)
      topic.items.set('same', `<item id="same"><p:a xmlns:p="urn:x">text</p:a></item>`)
      topic.items.set('other', item('other', 'something else'))
      const same = await link.grid.publish('incident', 'same', ITEM, never)
      assert.equal(same.kind, 'delivered')
      assert.match(same.kind === 'delivered' ? (same.note?.text ?? '') : '', /equal item is there already/)
      const other = await link.grid.publish('incident', 'other', ITEM, never)
      assert.equal(other.kind, 'hold')
      assert.match(other.kind === 'hold' ? other.reason : '', /Another publisher's item has its id/)
      assert.equal(topicState(link.recorder)?.state, 'up')
    })
  }

  test('what may have been published before a crash is not shown to anybody twice', async () => {
    const topic = new FakeTopic()
    await using link = await joined(topic.onIq)
    topic.items.set('there', `<item id="there">${ITEM}</item>`)
    topic.items.set('changed', item('changed', 'something else'))
    for (const id of ['there', 'changed', 'lost']) {
      assert.deepEqual(await link.grid.publish('incident', id, ITEM, never, true), { kind: 'delivered' })
    }
    const published = [...link.fake.secure.matchAll(/<publish [^>]*><item id="([^"]*)"/g)].map((match) => match[1])
    assert.deepEqual(published, ['changed', 'lost'])
  })

  test('an item that could not be read once is read at the next join, mended', async () => {
    const topic = new FakeTopic()
    topic.items.set('a', '<item id="a"><x xmlns="urn:x"/><y xmlns="urn:x"/></item>')
    topic.add('b')
    await using link = await joined(topic.onIq)
    assert.deepEqual(link.recorder.ids(), ['b'])
    topic.items.set('a', item('a'))
    link.fake.drop()
    await until(() => link.recorder.ids().includes('a'), 'the mended item')
  })

  test('a Topic whose items come without a payload is not called up', async () => {
    const topic = new FakeTopic()
    for (const id of ['v', 'w', 'x', 'y', 'z']) topic.items.set(id, `<item id="${id}"/>`)
    await using link = await joined(topic.onIq)
    assert.equal(topicState(link.recorder)?.state, 'refused')
    assert.match(topicState(link.recorder)?.reason ?? '', /without a payload/)
    await link.fake.send(event('incident', item('b')))
    await until(() => topicState(link.recorder)?.state === 'up', 'one with a payload')
    assert.deepEqual(link.recorder.ids(), ['b'])
  })

  test('an item without an id is taken, once', async () => {
    await using link = await joined(undefined)
    await link.fake.send(event('incident', `<item>${ITEM}</item>`))
    await until(() => link.recorder.received.length > 0, 'the item')
    const [received] = link.recorder.received
    assert.match(received?.id ?? '', /^[0-9a-f]{64}$/)
    assert.equal(received?.unnamed, true)
    await link.fake.send(event('incident', `<item>${ITEM}</item>${item('next')}`))
    await until(() => link.recorder.ids().includes('next'), 'the next item')
    assert.equal(link.recorder.received.length, 2)
  })

  for (const [what, told] of [
    ['retracted', event('incident', '<retract id="b"/>')],
    [
      'purged',
      `<message from="pubsub.${FAKE_DOMAIN}"><event xmlns="${PUBSUB}#event"><purge node="incident"/></event></message>`,
    ],
  ] as const) {
    test(`what was ${what} before our eyes is no gap at the next join`, async () => {
      const topic = new FakeTopic()
      topic.add('a', 'b')
      await using link = await joined(topic.onIq)
      topic.items.clear()
      await link.fake.send(told + event('incident', item('live')))
      await until(() => link.recorder.ids().includes('live'), 'what came behind')
      link.recorder.last = { itemId: 'b', at: 0 }
      topic.add('c')
      const { lists: before } = topic
      link.fake.drop()
      await until(() => topic.lists > before && topicState(link.recorder)?.state === 'up', 'the next join')
      assert.deepEqual(link.recorder.gaps, [])
    })
  }

  test('a purge while another gateway follows the Topic takes nothing away when it is followed here, later', async () => {
    const topic = new FakeTopic()
    const ours = Promise.withResolvers<void>()
    const cleared: string[] = []
    const handlers = Object.assign(new Recorder(), {
      cleared: (topic: string) => void cleared.push(topic),
      async turn(_topic: string, _signal: AbortSignal, standsBy: () => void) {
        standsBy()
        await ours.promise
        return { signal: never, [Symbol.dispose]: () => undefined }
      },
    })
    await using link = await joined(topic.onIq, handlers, { handlers })
    await link.fake.send(
      `<message from="pubsub.${FAKE_DOMAIN}"><event xmlns="${PUBSUB}#event"><purge node="incident"/></event></message>`,
    )
    await until(() => link.log.lines.some(({ text }) => text === 'Topic changed at the Broker.'), 'it to be heard of')
    topic.add('since')
    ours.resolve()
    await until(() => handlers.ids().includes('since'), 'what is there now')
    await link.fake.send(event('incident', item('live')))
    await until(() => handlers.ids().includes('live'), 'what comes behind')
    assert.deepEqual(cleared, [])
  })

  test('a Topic that keeps nothing tells no gap at every login', async () => {
    const onIq = (iq: FakeIq) => {
      if (!iq.xml.includes('<configure')) return undefined
      const field = '<field var="pubsub#persist_items"><value>0</value></field>'
      const form = `<configure node="incident"><x xmlns="jabber:x:data" type="form">${field}</x></configure>`
      return iq.type === 'get' ? answer(iq, `<pubsub xmlns="${PUBSUB}#owner">${form}</pubsub>`) : usualAnswer(iq)
    }
    await using link = await joined(onIq)
    await link.fake.send(event('incident', item('a')))
    await until(() => link.recorder.ids().includes('a'), 'the item')
    const { logins } = link.fake
    link.fake.drop()
    await until(() => link.fake.logins > logins && topicState(link.recorder)?.state === 'up', 'the next join')
    assert.deepEqual(link.recorder.gaps, [])
  })

  test("another account's subscription that ends does not end ours", async () => {
    await using link = await joined(undefined)
    const states = link.recorder.states.length
    const told = (jid: string) =>
      `<message from="pubsub.${FAKE_DOMAIN}"><event xmlns="${PUBSUB}#event"><subscription node="incident" jid="${jid}" subscription="none"/></event></message>`
    await link.fake.send(told(`member@${FAKE_DOMAIN}`) + event('incident', item('a')))
    await until(() => link.recorder.ids().includes('a'), 'the item behind it')
    assert.equal(link.recorder.states.length, states)
    await link.fake.send(told(`gateway@${FAKE_DOMAIN}`))
    await until(() => link.recorder.states.length > states, 'our own')
  })

  test('at a Broker that adds a subscription each time, what came while we were away is read', async () => {
    const topic = new FakeTopic()
    const subids: string[] = []
    const onIq = (iq: FakeIq) => {
      if (iq.xml.includes('<subscriptions')) {
        const all = subids.map((subid) => subscriptionOf(subid)).join('')
        return answer(iq, `<pubsub xmlns="${PUBSUB}"><subscriptions>${all}</subscriptions></pubsub>`)
      }
      if (iq.xml.includes('<subscribe')) {
        subids.push(`s${subids.length}`)
        return answer(iq, `<pubsub xmlns="${PUBSUB}">${subscriptionOf(subids.at(-1) ?? '')}</pubsub>`)
      }
      const said = /<items[^>]* subid="([^"]*)"/.exec(iq.xml)?.[1]
      if (iq.xml.includes('<items') && (subids.length > 1 || said !== subids[0])) return errorAnswer(iq, 'bad-request')
      return topic.onIq(iq)
    }
    await using link = await joined(onIq)
    topic.add('away')
    for (let i = 0; i < 2; i += 1) {
      const { logins } = link.fake
      link.fake.drop()
      await until(() => link.fake.logins > logins && topicState(link.recorder)?.state === 'up', 'the next join')
    }
    assert.deepEqual(link.recorder.ids(), ['away'])
    assert.equal(subids.length, 1)
  })

  const service = (iq: FakeIq, features: readonly string[]) => {
    const list = features.map((name) => `<feature var="${PUBSUB}#${name}"/>`).join('')
    const identity = '<identity category="pubsub" type="service"/>'
    return answer(iq, `<query xmlns="http://jabber.org/protocol/disco#info">${identity}${list}</query>`)
  }
  const node = (iq: FakeIq, access: string) => {
    const field = `<field var="pubsub#access_model"><value>${access}</value></field>`
    const form = `<x xmlns="jabber:x:data" type="result">${field}</x><identity category="pubsub" type="leaf"/>`
    return answer(iq, `<query xmlns="http://jabber.org/protocol/disco#info" node="incident">${form}</query>`)
  }
  const asksService = (iq: FakeIq) => iq.xml.includes('disco#info') && !iq.xml.includes('node=')
  const asksNode = (iq: FakeIq) => iq.xml.includes('disco#info') && iq.xml.includes('node=')
  const published = (secure: string) => [...secure.matchAll(/<publish [^>]*><item id="([^"]*)"/g)].map((m) => m[1])

  async function publishAtLast(grid: { publish: Publish }, id: string) {
    for (let i = 0; i < 300; i += 1) {
      const outcome = await grid.publish('incident', id, ITEM, never)
      if (outcome.kind !== 'retry') return outcome
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.fail(`${id} was never published`)
  }
  type Publish = (topic: string, id: string, xml: string, signal: AbortSignal) => Promise<{ kind: string }>

  const unsupported = `<unsupported xmlns="${PUBSUB}#errors" feature="publish-options"/>`
  for (const [what, list, refuses] of [
    [
      'does not list them',
      ['publish', 'retrieve-items'],
      (iq: FakeIq) => errorAnswer(iq, 'resource-constraint', 'wait'),
    ],
    [
      'lists them and says unsupported',
      ['publish', 'publish-options', 'retrieve-items'],
      (iq: FakeIq) => errorAnswer(iq, 'feature-not-implemented').replace('</error>', `${unsupported}</error>`),
    ],
    ['lists nothing and takes none', [], (iq: FakeIq) => errorAnswer(iq, 'feature-not-implemented')],
    ['lists nothing and cannot read them', [], (iq: FakeIq) => errorAnswer(iq, 'bad-request', 'modify')],
  ] as const) {
    test(`no report is held by a Broker without publish-options that ${what}`, async () => {
      const onIq = (iq: FakeIq) => {
        if (asksService(iq)) return service(iq, list)
        if (asksNode(iq)) return node(iq, 'whitelist')
        return iq.xml.includes('<publish-options') ? refuses(iq) : undefined
      }
      await using link = await joined(onIq)
      for (const id of ['a', 'b']) assert.equal((await publishAtLast(link.grid, id)).kind, 'delivered')
      assert.match(link.fake.secure, /<publish node="incident"><item id="b">.*?<\/item><\/publish><\/pubsub>/)
      assert.deepEqual(link.grid.lacking(), list.length === 2 ? ['publish-options'] : [])
    })
  }

  test('a Topic that was opened or deleted behind our back gets nothing, at a Broker without publish-options', async () => {
    let access = 'whitelist'
    const onIq = (iq: FakeIq) => {
      if (asksService(iq)) return service(iq, ['publish', 'retrieve-items'])
      if (asksNode(iq)) return access === '' ? errorAnswer(iq, 'item-not-found') : node(iq, access)
      return undefined
    }
    await using link = await joined(onIq, new Recorder(), {})
    access = 'open'
    const outcome = await link.grid.publish('incident', 'secret', ITEM, never)
    assert.equal(outcome.kind === 'retry' && outcome.destinationDown, true)
    await until(() => topicState(link.recorder)?.state === 'refused', 'the Topic')
    access = 'whitelist'
    await until(() => topicState(link.recorder)?.state === 'up', 'the Topic, mended')
    access = ''
    assert.equal((await link.grid.publish('incident', 'lost', ITEM, never)).kind, 'retry')
    assert.deepEqual(published(link.fake.secure), [])
    access = 'whitelist'
    assert.equal((await publishAtLast(link.grid, 'secret')).kind, 'delivered')
  })

  test('a gateway that only publishes is subscribed where only subscribers may publish', async () => {
    let subscribed = false
    let approved = false
    const onIq = (iq: FakeIq) => {
      if (asksNode(iq)) return node(iq, 'authorize').replace('</x>', `${publishModel}</x>`)
      if (iq.xml.includes('<configure')) return errorAnswer(iq, 'forbidden', 'auth')
      if (iq.xml.includes('<subscribe ')) {
        subscribed = true
        const state = approved ? 'subscribed' : 'pending'
        return answer(
          iq,
          `<pubsub xmlns="${PUBSUB}">${subscriptionOf('s').replace(/"subscribed"/, `"${state}"`)}</pubsub>`,
        )
      }
      if (iq.xml.includes('<publish ') && !(subscribed && approved)) return errorAnswer(iq, 'forbidden', 'auth')
      return undefined
    }
    const publishModel = '<field var="pubsub#publish_model"><value>subscribers</value></field>'
    const topic = { create: false, access: 'authorize' } as const
    const options = { consume: [] }
    await using link = await join({ made, script: { onIq }, recorder: new Recorder(), options, topic })
    assert.equal(topicState(link.recorder)?.state, 'refused')
    assert.match(topicState(link.recorder)?.reason ?? '', /Only who is subscribed may publish .*waits for approval/)
    approved = true
    await until(() => topicState(link.recorder)?.state === 'up', 'the Topic')
    assert.equal((await link.grid.publish('incident', 'a', ITEM, never)).kind, 'delivered')
  })

  for (const [what, size] of [
    ['in pages', 80],
    ['whole, knowing no pages', undefined],
  ] as const) {
    test(`a long list of Topics that comes ${what} is read to its end, once`, async () => {
      const all = Array.from({ length: 200 }, (_, i) => `topic ${i}`)
      const asked: string[] = []
      const onIq = (iq: FakeIq) => {
        if (!iq.xml.includes('disco#items')) return undefined
        const after = /<after>([^<]*)/.exec(iq.xml)?.[1]
        asked.push(after ?? '')
        const from = after === undefined || size === undefined ? 0 : all.indexOf(after) + 1
        const page = all.slice(from, size === undefined ? undefined : from + size)
        const items = page.map((name) => `<item jid="pubsub.${FAKE_DOMAIN}" node="${name}"/>`).join('')
        const set = `<set xmlns="http://jabber.org/protocol/rsm"><last>${page.at(-1)}</last></set>`
        const query = `${items}${size === undefined || page.length === 0 ? '' : set}`
        return answer(iq, `<query xmlns="http://jabber.org/protocol/disco#items">${query}</query>`)
      }
      const script = { onIq }
      await using link = await join({ made, script, recorder: new Recorder(), options: { consume: [] } })
      const found = await link.grid.discover(never)
      assert.deepEqual(
        found.map(({ node: name }) => name),
        all,
      )
      assert.deepEqual(asked, size === undefined ? [''] : ['', 'topic 79', 'topic 159', 'topic 199'])
      assert.match(link.fake.secure, /<max>\d+<\/max>/)
    })
  }

  function subscriptionOf(subid: string): string {
    return `<subscription node="incident" jid="gateway@${FAKE_DOMAIN}" subid="${subid}" subscription="subscribed"/>`
  }
})

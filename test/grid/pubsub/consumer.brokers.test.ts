import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { XmppGridOptions } from '../../../src/grid/xmpp-grid.ts'
import { event, FAKE_DOMAIN, type FakeIq, type FakeScript, usualAnswer } from '../../support/fake-controller.ts'
import { fakeCertificates } from '../../support/fake-grid.ts'
import { asksForRetained, errorAnswer, FakeTopic, item, join, listAnswer, TIMING } from '../../support/fake-topic.ts'
import { Recorder, until } from '../../support/recorder.ts'

describe('a Consumer at a Broker that fails by script', () => {
  const made = fakeCertificates()

  const joined = (
    script: Partial<FakeScript> = {},
    recorder = new Recorder(),
    options: Partial<XmppGridOptions> = {},
  ) => join({ made, script, recorder, options })

  test('takes events from the Broker and from nobody else', async () => {
    await using link = await joined()
    for (const from of [
      'eve@evil.example/x',
      `eve@pubsub.${FAKE_DOMAIN}`,
      `pubsub.${FAKE_DOMAIN}.evil.example`,
      `Pubsub.${FAKE_DOMAIN}`,
      FAKE_DOMAIN,
      '',
    ]) {
      await link.fake.send(event('incident', item('forged'), from))
    }
    await link.fake.send(event('other', item('elsewhere')))
    await link.fake.send(event('incident', item('true')))
    await until(() => link.recorder.received.length > 0, 'the true event')
    assert.deepEqual(link.recorder.ids(), ['true'])
    assert.deepEqual(
      link.recorder.drops.map(({ reason }) => reason),
      ['forged', 'forged', 'forged', 'forged', 'forged', 'forged', 'unknown-topic'],
    )
  })

  test('an error that bounces back is no event', async () => {
    await using link = await joined()
    const bounced = event('incident', item('bounced')).replace('type="headline"', 'type="error"')
    await link.fake.send(bounced + event('incident', item('true')))
    await until(() => link.recorder.received.length > 0, 'the true event')
    assert.deepEqual(link.recorder.ids(), ['true'])
  })

  test('takes several items of one event, and retractions in their place', async () => {
    await using link = await joined()
    await link.fake.send(event('incident', `${item('a')}${item('b')}${item('c')}`))
    await link.fake.send(event('incident', '<retract id="a"/><retract id="b"/>'))
    await until(() => link.recorder.retractions.length > 0, 'the retraction')
    assert.deepEqual(link.recorder.ids(), ['a', 'b', 'c'])
    assert.deepEqual(link.recorder.retractions, ['a', 'b'])
  })

  test('takes items together where each takes the place of another, and before what came with them is gone', async () => {
    const order: string[] = []
    class Ordered extends Recorder {
      override async items(topic: string, items: Parameters<Recorder['items']>[1]): Promise<void> {
        order.push(items.map(({ id }) => id).join(' '))
        await super.items(topic, items)
      }
      override retracted(topic: string, ids: readonly string[]): void {
        order.push(`-${ids.join(' -')}`)
        super.retracted(topic, ids)
      }
    }
    await using link = await joined({}, new Ordered())
    const one = (id: string, old: string) => event('incident', item(id)) + event('incident', `<retract id="${old}"/>`)
    await link.fake.send(event('incident', item('a')) + one('b', 'x') + one('c', 'y') + one('d', 'z'))
    await until(() => link.recorder.retractions.length === 3, 'the retractions')
    assert.deepEqual(link.recorder.ids(), ['a', 'b', 'c', 'd'])
    assert.equal(order.at(-1)?.startsWith('-'), true, String(order))
    assert.ok(order.length <= 4, String(order))
  })

  test('drops an item with two payloads, keeps its neighbours', async () => {
    await using link = await joined()
    await link.fake.send(event('incident', `${item('a')}<item id="b"><x/><y/></item>${item('c')}`))
    await until(() => link.recorder.received.length > 1, 'the neighbours')
    assert.deepEqual(link.recorder.ids(), ['a', 'c'])
    assert.deepEqual(link.recorder.drops, [
      { reason: 'malformed', from: `pubsub.${FAKE_DOMAIN}`, topic: 'incident', item: 'b' },
    ])
  })

  test('fetches what a Topic only announces', async () => {
    const topic = new FakeTopic()
    await using link = await joined({ onIq: topic.onIq })
    topic.add('a')
    await link.fake.send(event('incident', '<item id="a"/>'))
    await until(() => link.recorder.received.length > 0, 'the item')
    assert.match(link.recorder.received[0]?.xml ?? '', /<a xmlns="urn:x">a<\/a>/)
  })

  test('what is only announced and cannot be fetched costs itself only', async () => {
    const onIq = (iq: FakeIq) => (asksForRetained(iq) ? errorAnswer(iq, 'feature-not-implemented') : undefined)
    await using link = await joined({ onIq })
    await link.fake.send(event('incident', `${item('a')}<item id="empty"/>${item('b')}${item('c')}`))
    await until(() => link.recorder.received.length > 0, 'its neighbours')
    assert.deepEqual(link.recorder.ids(), ['a', 'b', 'c'])
    assert.deepEqual(
      link.recorder.drops.map(({ reason }) => reason),
      ['malformed'],
    )
  })

  test('and what cannot be fetched just now is not lost, nor are its neighbours', async () => {
    const topic = new FakeTopic()
    let troubles = 1
    const onIq = (iq: FakeIq) => {
      if (!iq.xml.includes('<item id="late"')) return asksForRetained(iq) ? usualAnswer(iq) : undefined
      troubles -= 1
      return troubles < 0 ? topic.onIq(iq) : errorAnswer(iq, 'internal-server-error')
    }
    await using link = await joined({ onIq })
    topic.add('late')
    await link.fake.send(event('incident', `${item('a')}<item id="late"/>${item('b')}`))
    await until(() => link.recorder.received.length === 3, 'all items')
    assert.deepEqual(link.recorder.ids(), ['a', 'late', 'b'])
    assert.deepEqual(link.recorder.drops, [])
  })

  for (const condition of ['service-unavailable', 'internal-server-error', 'remote-server-timeout']) {
    test(`a passing ${condition} is not taken for a Topic that keeps nothing`, async () => {
      const topic = new FakeTopic()
      topic.add('a', 'b')
      let troubles = 1
      const onIq = (iq: FakeIq) => {
        if (!asksForRetained(iq)) return undefined
        troubles -= 1
        return troubles < 0 ? topic.onIq(iq) : errorAnswer(iq, condition)
      }
      const recorder = new Recorder()
      recorder.seen.add('a')
      recorder.last = { itemId: 'a', at: 0 }
      await using link = await joined({ onIq }, recorder)
      assert.deepEqual(link.recorder.ids(), ['a', 'b'])
      assert.deepEqual(link.recorder.gaps, [])
    })
  }

  for (const condition of ['feature-not-implemented', 'not-allowed', 'item-not-found']) {
    test(`a Topic whose past is refused with ${condition} is followed live`, async () => {
      const onIq = (iq: FakeIq) => (asksForRetained(iq) ? errorAnswer(iq, condition) : undefined)
      await using link = await joined({ onIq })
      assert.equal(link.recorder.stateOf('topic:incident'), 'up')
      await link.fake.send(event('incident', item('a')))
      await until(() => link.recorder.received.length > 0, 'the live item')
      assert.ok(!link.log.lines.some((line) => line.text === 'Topic not available.'))
    })
  }

  test('reads what is retained, oldest first, and of a long Topic only what is unseen', async () => {
    const topic = new FakeTopic()
    const ids = Array.from({ length: 1_030 }, (_, i) => `i${i}`)
    topic.add(...ids)
    const recorder = new Recorder()
    for (const id of ids.slice(0, 1_012)) recorder.seen.add(id)
    recorder.last = { itemId: 'i1011', at: 0 }
    await using link = await joined({ onIq: topic.onIq }, recorder)
    assert.deepEqual(link.recorder.ids(), ids.slice(1_012))
    assert.deepEqual(topic.fetched.flat(), ids.slice(1_012))
    assert.deepEqual(link.recorder.gaps, [])
    assert.ok(link.recorder.received.every((received) => received.retained))
  })

  test('one item that is too large costs itself only', async () => {
    const topic = new FakeTopic()
    topic.add('a', 'b', 'poison', 'c', 'd')
    topic.huge.add('poison')
    await using link = await joined({ onIq: topic.onIq })
    assert.deepEqual(link.recorder.ids(), ['a', 'b', 'c', 'd'])
    assert.deepEqual(
      link.recorder.drops.map(({ reason }) => reason),
      ['oversized'],
    )
    // and it is fetched again at the next join: it may have been mended
    topic.huge.clear()
    link.fake.drop()
    await until(() => link.recorder.ids().includes('poison'), 'the mended item')
  })

  for (const [order, oldestFirst] of [
    ['newest first', false],
    ['oldest first', true],
  ] as const) {
    test(`nor does it stop the Topic where it is the newest (${order})`, async () => {
      const topic = new FakeTopic()
      topic.oldestFirst = oldestFirst
      topic.add('a', 'b', 'c', 'poison')
      topic.huge.add('poison')
      await using link = await joined({ onIq: topic.onIq })
      assert.equal(link.recorder.stateOf('topic:incident'), 'up')
      assert.deepEqual(link.recorder.ids(), ['a', 'b', 'c'])
      topic.add('d')
      link.fake.drop()
      await until(() => link.recorder.ids().includes('d'), 'what came behind it')
      topic.items.delete('poison')
      topic.add('poison')
      const { lists } = topic
      link.fake.drop()
      await until(() => topic.lists > lists && link.recorder.stateOf('topic:incident') === 'up', 'the next join')
      assert.ok(link.recorder.drops.every(({ reason }) => reason === 'oversized'))
    })
  }

  test('and where the oldest is too large as well, the order is kept', async () => {
    const topic = new FakeTopic()
    topic.add('poison 1', 'a', 'b', 'poison 2')
    topic.huge.add('poison 1').add('poison 2')
    await using link = await joined({ onIq: topic.onIq })
    assert.deepEqual(link.recorder.ids(), ['a', 'b'])
    assert.equal(link.recorder.drops.length, 2)
  })

  test('a list that comes in shorter pages than asked for is read to its end', async () => {
    const all = Array.from({ length: 250 }, (_, i) => `i${i}`)
    for (const counted of [true, false]) {
      const topic = new FakeTopic()
      topic.add(...all)
      let pages = 0
      const onIq = (iq: FakeIq) => {
        if (!iq.xml.includes('disco#items') || !iq.xml.includes('node=')) return topic.onIq(iq)
        pages += 1
        const after = /<after>([^<]*)</.exec(iq.xml)?.[1]
        const page = all.slice(after === undefined ? 0 : all.indexOf(after) + 1).slice(0, 100)
        const ends = page.length > 0 ? `<first>${page[0]}</first><last>${page.at(-1)}</last>` : ''
        const count = counted ? '<count>250</count>' : ''
        return listAnswer(iq, page, `<set xmlns="http://jabber.org/protocol/rsm">${ends}${count}</set>`)
      }
      await using link = await joined({ onIq })
      assert.deepEqual(link.recorder.ids(), all)
      assert.equal(pages, counted ? 3 : 4)
    }
  })

  test('a Broker that gives the same page again and again is not asked for ever', async () => {
    for (const last of ['b', 'other']) {
      const topic = new FakeTopic()
      topic.oldestFirst = true
      topic.add('a', 'b')
      let pages = 0
      const onIq = (iq: FakeIq) => {
        if (!iq.xml.includes('disco#items') || !iq.xml.includes('node=')) return topic.onIq(iq)
        pages += 1
        const name = last === 'b' ? last : `${last} ${pages}`
        return listAnswer(iq, ['a', 'b'], `<set xmlns="http://jabber.org/protocol/rsm"><last>${name}</last></set>`)
      }
      await using link = await joined({ onIq })
      assert.deepEqual(link.recorder.ids(), ['a', 'b'])
      assert.equal(pages, 2)
    }
  })

  test('tells a gap when what it saw last is gone and nothing it saw is left', async () => {
    const topic = new FakeTopic()
    topic.add('x', 'y')
    const recorder = new Recorder()
    recorder.last = { itemId: 'old', at: 0 }
    await using link = await joined({ onIq: topic.onIq }, recorder)
    assert.deepEqual(link.recorder.gaps, [{ topic: 'incident', after: 'old', before: 'x', retained: 2 }])
    link.fake.drop()
    await until(() => topic.lists === 2 && link.recorder.stateOf('topic:incident') === 'up', 'the next join')
    assert.equal(link.recorder.gaps.length, 1)
  })

  test('tells a gap although something it saw was published again meanwhile', async () => {
    const topic = new FakeTopic()
    topic.add('n1', 'n2', 's3')
    const recorder = new Recorder()
    for (const id of ['s1', 's2', 's3', 's4']) recorder.seen.add(id)
    recorder.last = { itemId: 's4', at: 0 }
    await using link = await joined({ onIq: topic.onIq }, recorder)
    assert.deepEqual(link.recorder.gaps, [{ topic: 'incident', after: 's4', before: 'n1', retained: 3 }])
  })

  test('tells no gap where the oldest was seen, or what it saw last is there', async () => {
    for (const [kept, last] of [
      [['s1', 's2', 'n1'], 's3'],
      [['n1', 's3', 'n2'], 's3'],
      [['s3'], 's3'],
    ] as const) {
      const topic = new FakeTopic()
      topic.add(...kept)
      const recorder = new Recorder()
      for (const id of ['s1', 's2', 's3']) recorder.seen.add(id)
      recorder.last = { itemId: last, at: 0 }
      await using link = await joined({ onIq: topic.onIq }, recorder)
      assert.deepEqual(link.recorder.gaps, [], kept.join())
    }
  })

  test('what arrives live while the past is read waits, and is handed on once', async () => {
    const topic = new FakeTopic()
    topic.add('a', 'b')
    let live: (() => Promise<void>) | undefined
    const onIq = (iq: FakeIq) => {
      // between the list and the payloads: one that is in the list already, and a new one
      if (iq.xml.includes('disco#items')) void live?.()
      return topic.onIq(iq) ?? usualAnswer(iq)
    }
    const fakes: { send(xml: string): Promise<void> }[] = []
    live = async () => {
      await fakes[0]?.send(event('incident', item('b')) + event('incident', item('c')))
    }
    await using link = await joined({ onIq })
    fakes.push(link.fake)
    link.recorder.forget()
    link.fake.drop()
    await until(() => link.recorder.ids().includes('c'), 'the live item')
    assert.deepEqual(link.recorder.ids(), ['a', 'b', 'c'])
  })

  test('items that could not be taken in are read again', async () => {
    const topic = new FakeTopic()
    await using link = await joined({ onIq: topic.onIq })
    link.recorder.failure = new Error('the disk is full')
    topic.add('a', 'b')
    await link.fake.send(event('incident', item('a')) + event('incident', item('b')))
    await until(() => topic.lists > 1, 'a new join')
    assert.equal(link.recorder.received.length, 0)
    link.recorder.failure = undefined
    await until(() => link.recorder.seen.size === 2, 'both items')
    assert.deepEqual([...new Set(link.recorder.ids())], ['a', 'b'])
  })

  test('and from a Topic that keeps nothing they are not lost either', async () => {
    await using link = await joined()
    link.recorder.failure = new Error('the disk is full')
    await link.fake.send(event('incident', item('a')) + event('incident', item('b')))
    await until(() => link.log.lines.some((line) => line.text === 'Items could not be taken in.'), 'the failure')
    link.recorder.failure = undefined
    await until(() => link.recorder.seen.size === 2, 'both items')
    assert.deepEqual([...new Set(link.recorder.ids())], ['a', 'b'])
  })

  test('a slow taker bounds what waits: the Topic is read again', async () => {
    const topic = new FakeTopic()
    await using link = await joined({ onIq: topic.onIq })
    const gate = Promise.withResolvers<void>()
    link.recorder.gate = gate.promise
    const text = 'x'.repeat(500_000)
    for (let i = 0; i < 50; i += 1) {
      topic.items.set(`i${i}`, item(`i${i}`, text))
      await link.fake.send(event('incident', item(`i${i}`, text)))
    }
    // everything was received before anything is taken
    await link.fake.send('<iq type="get" id="last" from="grid.example"><ping xmlns="urn:xmpp:ping"/></iq>')
    await until(() => link.fake.secure.includes('"last"'), 'the last event')
    gate.resolve()
    await until(() => link.recorder.seen.size === 50, 'all items')
    assert.ok(topic.lists > 1)
    assert.ok(link.log.lines.some((line) => line.text.startsWith('Too much waits')))
    const ids = link.recorder.ids()
    assert.deepEqual(
      [...new Set(ids)],
      Array.from({ length: 50 }, (_, i) => `i${i}`),
    )
  })

  test('an item that was missed without a sign is found', async () => {
    const topic = new FakeTopic()
    await using link = await joined({ onIq: topic.onIq }, new Recorder(), { timing: { ...TIMING, resync: 50 } })
    topic.add('silent')
    await until(() => link.recorder.ids().includes('silent'), 'the missed item')
    assert.ok(link.log.lines.some((line) => line.text.startsWith('Items were missed')))
  })

  test('newest items that are too long together do not take the Topic down', async () => {
    const topic = new FakeTopic()
    const large = (id: string) => topic.items.set(id, item(id, 'x'.repeat(1_000_000)))
    for (let i = 0; i < 10; i += 1) large(`i${i}`)
    await using link = await joined({ onIq: topic.onIq }, new Recorder(), { timing: { ...TIMING, resync: 50 } })
    large('silent')
    await until(() => link.recorder.ids().includes('silent'), 'the missed item')
    await until(() => link.recorder.stateOf('topic:incident') === 'up', 'the Topic')
    const { lists } = topic
    await until(() => topic.lists > lists + 2, 'more looks')
    assert.equal(link.recorder.ids().length, 11)
    assert.ok(!link.log.lines.some((line) => line.text === 'Topic not available.'))
  })

  test('a skipped event makes it look for what was in it', async () => {
    const topic = new FakeTopic()
    await using link = await joined({ onIq: topic.onIq })
    topic.items.set('big', item('big', 'x'.repeat(2_000_000)))
    await link.fake.send(event('incident', item('big', 'x'.repeat(2_000_000))))
    await until(() => link.recorder.ids().includes('big'), 'the item')
    assert.equal(link.recorder.drops[0]?.reason, 'oversized')
  })

  test('an item that was replaced in a skipped event is read, and its Topic stays up', async () => {
    const topic = new FakeTopic()
    topic.add('a', 'b')
    await using link = await joined({ onIq: topic.onIq }, new Recorder(), { timing: { ...TIMING, resync: 500 } })
    const before = link.recorder.states.length
    for (const id of ['a', 'b']) {
      // short enough, but of more elements than come unasked
      const large = `<item id="${id}"><a xmlns="urn:x">${'<b/>'.repeat(51_000)}</a></item>`
      topic.items.delete(id)
      topic.items.set(id, large)
      await link.fake.send(event('incident', large))
      await until(() => link.recorder.received.at(-1)?.id === id && link.recorder.ids().length > 2, 'its new content')
    }
    assert.deepEqual(link.recorder.ids(), ['a', 'b', 'a', 'b'])
    assert.equal(link.recorder.states.length, before)
  })

  test('also where many items are retained and others came meanwhile', async () => {
    const topic = new FakeTopic()
    const ids = Array.from({ length: 1_030 }, (_, i) => `i${i}`)
    topic.add(...ids)
    const recorder = new Recorder()
    for (const id of ids) recorder.seen.add(id)
    recorder.last = { itemId: 'i1029', at: 0 }
    await using link = await joined({ onIq: topic.onIq }, recorder, { timing: { ...TIMING, resync: 500 } })
    const large = `<item id="i7"><a xmlns="urn:x">${'<b/>'.repeat(51_000)}</a></item>`
    topic.items.delete('i7')
    topic.items.set('i7', large)
    topic.add('new')
    await link.fake.send(event('incident', large) + event('incident', item('new')))
    await until(() => link.recorder.ids().includes('i7'), 'its new content')
    assert.deepEqual(link.recorder.ids(), ['new', 'i7'])
    assert.deepEqual(new Set(topic.fetched.flat()), new Set(['i7', 'new']))
  })

  test('also where the store takes its time to say what was taken last', async () => {
    const topic = new FakeTopic()
    const ids = Array.from({ length: 1_030 }, (_, i) => `i${i}`)
    topic.add(...ids)
    const recorder = new Recorder()
    for (const id of ids) recorder.seen.add(id)
    recorder.last = { itemId: 'i1029', at: 0 }
    await using link = await joined({ onIq: topic.onIq }, recorder, { timing: { ...TIMING, resync: 500 } })
    recorder.cursorGate = new Promise((resolve) => setTimeout(resolve, 300))
    const large = `<item id="i7"><a xmlns="urn:x">${'<b/>'.repeat(51_000)}</a></item>`
    topic.items.delete('i7')
    topic.items.set('i7', large)
    topic.add('new')
    await link.fake.send(event('incident', large) + event('incident', item('new')))
    await until(() => link.recorder.ids().includes('i7'), 'its new content')
    assert.deepEqual(link.recorder.ids(), ['new', 'i7'])
  })

  test('and where the store cannot say it, all is read', async () => {
    const topic = new FakeTopic()
    const ids = Array.from({ length: 1_030 }, (_, i) => `i${i}`)
    topic.add(...ids)
    const recorder = new Recorder()
    for (const id of ids) recorder.seen.add(id)
    recorder.last = { itemId: 'i1029', at: 0 }
    await using link = await joined({ onIq: topic.onIq }, recorder, { timing: { ...TIMING, resync: 500 } })
    recorder.cursorFailure = new Error('the store is away')
    const large = `<item id="i7"><a xmlns="urn:x">${'<b/>'.repeat(51_000)}</a></item>`
    topic.items.delete('i7')
    topic.items.set('i7', large)
    topic.add('new')
    await link.fake.send(event('incident', large) + event('incident', item('new')))
    await until(() => link.recorder.ids().includes('i7'), 'its new content')
    assert.equal(recorder.cursorFailure, undefined)
  })

  test('a Topic that is not there is refused, and joined once it is', async () => {
    let there = false
    const onIq = (iq: FakeIq) =>
      !there && iq.xml.includes('disco#info') && iq.to.startsWith('pubsub')
        ? `<iq type="error" id="${iq.id}" from="${iq.to}"><error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`
        : undefined
    await using link = await joined({ onIq }, new Recorder(), { liveOnly: true })
    const refusal = link.recorder.states.findLast((state) => state.part === 'topic:incident')
    assert.equal(refusal?.state, 'refused')
    assert.match(refusal?.reason ?? '', /does not exist/)
    there = true
    await until(() => link.recorder.stateOf('topic:incident') === 'up', 'the Topic')
  })

  test('a watcher reads nothing retained, subscribes its own login and takes that back', async () => {
    const topic = new FakeTopic()
    topic.add('old')
    const link = await joined({ onIq: topic.onIq }, new Recorder(), { liveOnly: true })
    await link.fake.send(event('incident', item('new')))
    await until(() => link.recorder.received.length > 0, 'the item')
    assert.deepEqual(link.recorder.ids(), ['new'])
    assert.equal(topic.lists, 0)
    const full = link.fake.client
    await link[Symbol.asyncDispose]()
    assert.match(link.fake.secure, new RegExp(`<subscribe[^>]*jid="${full}"`))
    assert.match(link.fake.secure, new RegExp(`<unsubscribe[^>]*jid="${full}"`))
    assert.doesNotMatch(link.fake.secure, /<presence/)
  })

  test('a Topic that cannot be subscribed to can still be published to', async () => {
    const onIq = (iq: FakeIq) =>
      iq.xml.includes('<subscribe')
        ? `<iq type="error" id="${iq.id}" from="${iq.to}"><error type="auth"><forbidden xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`
        : undefined
    await using link = await joined({ onIq })
    assert.equal(link.recorder.stateOf('topic:incident'), 'refused')
    const outcome = await link.grid.publish('incident', 'a', '<a xmlns="urn:x"/>', new AbortController().signal)
    assert.deepEqual(outcome, { kind: 'delivered' })
  })

  test('publications leave in the order of the calls', async () => {
    await using link = await joined()
    const ids = Array.from({ length: 40 }, (_, i) => `i${i}`)
    const never = new AbortController().signal
    await Promise.all(ids.map((id) => link.grid.publish('incident', id, '<a xmlns="urn:x"/>', never)))
    const sent = [...link.fake.secure.matchAll(/<item id="(i\d+)"/g)].map((match) => match[1])
    assert.deepEqual(sent, ids)
  })

  test('a publication that gets no answer is tried again, and one that is called off ends', async () => {
    const onIq = (iq: FakeIq) => (iq.xml.includes('<publish') ? '' : undefined)
    await using link = await joined({ onIq }, new Recorder(), { timing: { ...TIMING, iq: 200 } })
    const outcome = await link.grid.publish('incident', 'a', '<a xmlns="urn:x"/>', new AbortController().signal)
    assert.deepEqual(outcome, {
      ...{ kind: 'retry', reason: 'The Broker did not answer in time.', destinationDown: false, othersPass: true },
    })
    const calledOff = await link.grid.publish('incident', 'a', '<a xmlns="urn:x"/>', AbortSignal.timeout(20))
    assert.equal(calledOff.kind === 'retry' && !calledOff.destinationDown, true)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Element, xml } from '@xmpp/client'
import fc from 'fast-check'
import type { Consumer } from '../../../src/grid/pubsub/consumer.ts'
import { EventDesk } from '../../../src/grid/pubsub/event-desk.ts'
import type { TopicEvent } from '../../../src/grid/pubsub/events.ts'
import type { TopicLoop } from '../../../src/grid/pubsub/topic-loop.ts'
import { buildHead, buildStanza } from '../../../src/grid/xmpp/stanza.ts'
import { BuildError } from '../../../src/grid/xmpp/tag.ts'
import { type Chance, runs, withChance } from '../../support/arbitraries.ts'

const EVENT = 'http://jabber.org/protocol/pubsub#event'
const BROKER = 'pubsub.grid.example'

/** Topics `places`, each read at its place; `published` is only published to, `awaited` are items whose answer has not come. */
function desk(
  places: Readonly<Record<string, string>>,
  published: readonly string[] = [],
  awaited: readonly string[] = [],
) {
  const heard: string[] = []
  const shown: (() => string | undefined)[] = []
  const consumers = Object.entries(places).map(([topic, node]) => {
    const place = { broker: BROKER, node }
    const onEvent = ({ kind }: TopicEvent) => void heard.push(`${topic} ${kind}`)
    return [topic, { place, onEvent } as unknown as Consumer] as const
  })
  const loops = [...Object.keys(places), ...published].map(
    (topic) => [topic, { doubt: () => void heard.push(`${topic} in doubt`) } as unknown as TopicLoop] as const,
  )
  const is = new EventDesk({
    broker: BROKER,
    consumers: new Map(consumers),
    loops: new Map(loops),
    provider: {
      awaits: (_topic, id) => awaited.includes(id),
      seen: (_topic, _id, payload) => void shown.push(payload),
    },
    tell: (...[event]) => void heard.push(`told of ${event}`),
  })
  const say = (what: string, node: string) =>
    is.onMessage(xml('message', { from: BROKER }, xml('event', { xmlns: EVENT }, xml(what, { node }))))
  /** Is it taken by a look at its text? */
  const show = (text: string) => is.glance(text, () => treeOf(text))
  return { is, say, show, heard, shown }
}

const STREAM = buildHead("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")

/** Undefined: it is malformed. */
function treeOf(text: string): Element | undefined {
  try {
    return buildStanza(text, STREAM)
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}

function shows({ node = 'one', id = 'i', from = BROKER, behind = '' } = {}): string {
  const item = `<item id='${id}' publisher='us'><a xmlns='urn:x'>b</a></item>${behind}`
  return `<message from='${from}'><event xmlns='${EVENT}'><items node='${node}'>${item}</items></event></message>`
}

test('an item of ours that comes back before its answer, from a Topic that nobody reads, is not read', () => {
  const { show, heard, shown } = desk({}, ['one'], ['i'])
  assert.ok(show(shows()))
  assert.deepEqual(heard, [])
  assert.deepEqual(
    shown.map((payload) => payload()),
    ["<a xmlns='urn:x'>b</a>"],
    'it is there for whoever has to compare it',
  )
})

test('whatever else comes is read as ever', () => {
  const published = desk({}, ['one'], ['i'])
  const others = [
    shows({ id: 'j' }),
    shows({ behind: "<item id='j'><a xmlns='urn:x'/></item>" }),
    shows({ node: 'nobodys' }),
    shows({ from: `${BROKER}/x` }),
    shows({ from: 'somebody@grid.example' }),
    shows({ behind: "<retract id='k'/>" }),
    shows().replace('<message ', "<message type='error' "),
    shows().replaceAll('event', 'other'),
    shows().replace(EVENT, 'urn:x'),
    shows().replaceAll('items', 'parts'),
    '<message><body>x</body></message>',
    '<message',
  ]
  for (const text of others) assert.ok(!published.show(text), text)
  const read = desk({ one: 'one' }, [], ['i'])
  assert.ok(!read.show(shows()))
  assert.deepEqual([...published.shown, ...read.shown], [])
})

test('an item without a payload does not hide what comes behind it', () => {
  const { show } = desk({ two: 'two' }, ['one'], ['i'])
  const behind = "<item id='j'><a xmlns='urn:x'/></item>"
  const first = "<item id='i'/>"
  const another = `</items></event><event xmlns='${EVENT}'><items node='two'>`
  for (const text of [`${first}${behind}`, `${first}${another}${behind}`]) {
    const message = `<message from='${BROKER}'><event xmlns='${EVENT}'><items node='one'>${text}</items></event></message>`
    assert.ok(!show(message), message)
  }
})

test('what is taken by a look at its text says what its tree says, however it is written', () => {
  let taken = 0
  fc.assert(
    fc.property(withChance(anyEvent), (text) => {
      const looked = desk({ two: 'two' }, ['one'], ['i', 'k'])
      if (!looked.show(text)) return
      taken += 1
      const read = desk({ two: 'two' }, ['one'], ['i', 'k'])
      const message = treeOf(text)
      // malformed: it is proof of nothing
      if (message !== undefined) read.is.onMessage(message)
      const said = (one: ReturnType<typeof desk>) => [one.heard, one.shown.flatMap((payload) => payload() ?? [])]
      assert.deepEqual(said(looked), said(read))
    }),
    runs(5_000),
  )
  assert.ok(taken > 50, `${taken}`)
})

/** An event much as a Broker writes it, with what nobody expects here and there. */
function anyEvent({ pick, once }: Chance): string {
  const odd = (usual: string, ...others: string[]) => (once(12) ? pick([usual, ...others]) : usual)
  const attributes = (...all: string[]) => {
    const list = all.map((one) => `${odd(' ', '  ', '\n', '')}${once(12) ? one.replaceAll("'", '"') : one}`)
    return (
      (once(12) ? list.toReversed() : list).join('') + odd('', ' ', " x='1'", " x='>'", " from='x'", " xmlns='urn:x'")
    )
  }
  const payload = () =>
    pick([
      "<a xmlns='urn:x'>b</a>",
      "<a xmlns='urn:x'><item id='n'>c</item></a>",
      "<a xmlns='urn:x'><![CDATA[</item>]]></a>",
      "<a xmlns='urn:x' y='&lt;/item&gt;'/>",
      '',
      'text',
      '<b/><c/>',
      '</item>',
    ])
  const item = () => {
    const start = `<${odd('item', 'p:item', 'retract')}${attributes(`id='${pick(['i', 'i', 'i', 'k', 'j', '&#105;'])}'`)}`
    return once(8) ? `${start}/>` : `${start}>${payload()}${odd('</item>', '</item >', '</items>', '')}`
  }
  const items = () => {
    const inside = once(4) ? `${item()}${odd('', ' ', 'x')}${item()}` : item()
    const node = pick(['one', 'one', 'one', 'two', '&#111;ne'])
    return `<${odd('items', 'purge', 'delete')}${attributes(`node='${node}'`)}${odd('', '/')}>${inside}</items>`
  }
  const event = () =>
    `${odd('', ' ', '<body>x</body>')}<${odd('event', 'e:event')}${attributes(`xmlns='${EVENT}'`)}>${odd('', ' ', '<purge/>')}${items()}${once(12) ? items() : ''}</event>`
  return `<message${attributes(`from='${odd(BROKER, `${BROKER}/x`, 'j@x')}'`, `to='us@x'`)}>${event()}${once(12) ? event() : ''}</message>`
}

test('a Topic that has moved to where another is takes no events from that', () => {
  const { say, heard } = desk({ moved: 'other', other: 'other' })
  say('items', 'other')
  assert.deepEqual(heard, ['moved items', 'other items'])
})

test('of a Topic that is only published to it is heard that it is deleted, also where another has moved to it', () => {
  const { say, heard } = desk({ moved: 'other' }, ['other'])
  say('delete', 'other')
  assert.deepEqual(heard, ['moved delete', 'moved in doubt', 'other in doubt'])
})

test('what no Topic of ours is at is told, and concerns nobody', () => {
  const { say, heard } = desk({ one: 'one' })
  say('items', 'nobodys')
  assert.deepEqual(heard, ['told of dropped-event'])
})

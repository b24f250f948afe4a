import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xml } from '@xmpp/client'
import type { Consumer } from '../../../src/grid/pubsub/consumer.ts'
import { EventDesk } from '../../../src/grid/pubsub/event-desk.ts'
import type { TopicEvent } from '../../../src/grid/pubsub/events.ts'
import type { TopicLoop } from '../../../src/grid/pubsub/topic-loop.ts'
import { buildHead, buildStanza } from '../../../src/grid/xmpp/stanza.ts'

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
  const show = (text: string) => is.glance(text, () => buildStanza(text, STREAM))
  return { say, show, heard, shown }
}

const STREAM = buildHead("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")

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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xml } from '@xmpp/client'
import type { Consumer } from '../../../src/grid/pubsub/consumer.ts'
import { EventDesk } from '../../../src/grid/pubsub/event-desk.ts'
import type { TopicEvent } from '../../../src/grid/pubsub/events.ts'
import type { TopicLoop } from '../../../src/grid/pubsub/topic-loop.ts'

const EVENT = 'http://jabber.org/protocol/pubsub#event'
const BROKER = 'pubsub.grid.example'

/** Topics `places`, each read at its place; `published` is only published to. */
function desk(places: Readonly<Record<string, string>>, published: readonly string[] = []) {
  const heard: string[] = []
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
    provider: { seen: () => undefined },
    tell: (...[event]) => void heard.push(`told of ${event}`),
  })
  const say = (what: string, node: string) =>
    is.onMessage(xml('message', { from: BROKER }, xml('event', { xmlns: EVENT }, xml(what, { node }))))
  return { say, heard }
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

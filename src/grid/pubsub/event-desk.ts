import type { Element } from '@xmpp/client'
import type { Tell } from '../../tell.ts'
import type { GridNews } from '../news.ts'
import type { DroppedStanza } from '../xmpp/parser.ts'
import { bareOf } from '../xmpp/session.ts'
import { tagOr } from '../xmpp/tag.ts'
import type { Consumer } from './consumer.ts'
import { noticeOf, readEvents, type TopicEvent } from './events.ts'
import { PUBSUB_EVENT } from './protocol.ts'
import type { Provider } from './provider.ts'
import type { TopicLoop } from './topic-loop.ts'

const ITEM_ENDS = '</item'
const ITEM_END = `${ITEM_ENDS}>`
const REST = '</items></event></message>'

interface EventDeskOptions {
  readonly broker: string
  /** by Topic */
  readonly loops: ReadonlyMap<string, TopicLoop>
  readonly consumers: ReadonlyMap<string, Consumer>
  readonly provider: Pick<Provider, 'seen' | 'awaits'>
  readonly tell: Tell<GridNews>
}

/** Hands events to whom they concern: of the Broker, and of whoever has a Topic that it sent us on for. */
export class EventDesk {
  readonly #options: EventDeskOptions

  constructor(options: EventDeskOptions) {
    this.#options = options
  }

  /**
   * Takes what the Broker tells of an item of ours that is still to be answered, on a Topic that nobody here reads: what we publish is
   * nearly all of what comes from such a Topic, and is looked at only if its answer does not come. False: it is something else.
   */
  glance(text: string, build: () => Element | undefined): boolean {
    const { broker, loops, consumers, provider } = this.#options
    if (!text.endsWith(`${ITEM_END}${REST}`)) return false
    const message = tagOr(text, 0)
    const event = message && tagOr(text, message.end)
    const items = event && tagOr(text, event.end)
    const item = items && tagOr(text, items.end)
    if (item === undefined || message?.attrs.from !== broker || message.attrs.type === 'error') return false
    if (event?.name !== 'event' || event.attrs.xmlns !== PUBSUB_EVENT) return false
    if (items?.name !== 'items' || item.name !== 'item') return false
    // it is the only one, however another would end
    if (items.empty || item.empty) return false
    if (text.indexOf(ITEM_ENDS, item.end) !== text.length - ITEM_END.length - REST.length) return false
    const { node = '' } = items.attrs
    const { id = '' } = item.attrs
    if (!loops.has(node) || !provider.awaits(node, id)) return false
    for (const { place } of consumers.values()) if (place.broker === broker && place.node === node) return false
    provider.seen(node, id, () => shownIn(build(), id))
    return true
  }

  onMessage(message: Element): void {
    if (!message.getChild('event', PUBSUB_EVENT) || message.attrs.type === 'error') return
    const from = message.attrs.from ?? ''
    // anybody can send us a message that looks like an event
    if (!this.#isBelieved(bareOf(from))) {
      this.#options.tell('dropped-event', { reason: 'forged', from })
      return
    }
    for (const event of readEvents(message)) this.#onEvent(event, from)
  }

  onDropped(stanza: DroppedStanza): void {
    this.#options.tell('dropped-event', { reason: stanza.reason, from: stanza.from })
    if (!this.#isBelieved(bareOf(stanza.from))) return
    for (const consumer of this.#options.consumers.values()) consumer.missedSomething()
  }

  #isBelieved(from: string): boolean {
    const { broker, consumers } = this.#options
    return from === broker || [...consumers.values()].some(({ place }) => place.broker === from)
  }

  #onEvent(event: TopicEvent, from: string): void {
    const { broker, loops, consumers, provider, tell } = this.#options
    const who = bareOf(from)
    // two Topics may have moved to one place, or one to that of another
    const readers = [...consumers].filter(([, { place }]) => place.broker === who && place.node === event.node)
    const topics = new Set([...readers.map(([topic]) => topic), ...(who === broker ? [event.node] : [])])
    const concerned = [...topics].flatMap((topic) => loops.get(topic) ?? [])
    for (const [, consumer] of readers) consumer.onEvent(event)
    if (concerned.length === 0) tell('dropped-event', { reason: 'unknown-topic', from })
    else if (readers.length === 0 && event.kind === 'delete') tell('delete', noticeOf(event))
    if (event.kind === 'delete' || event.kind === 'configuration') for (const loop of concerned) loop.doubt()
    if (event.kind !== 'items' || who !== broker) return
    for (const { id, xml } of event.items) if (xml !== undefined) provider.seen(event.node, id, () => xml)
  }
}

function shownIn(message: Element | undefined, id: string): string | undefined {
  const items = (message === undefined ? [] : readEvents(message)).flatMap((event) =>
    event.kind === 'items' ? event.items : [],
  )
  return items.find((item) => item.id === id)?.xml
}

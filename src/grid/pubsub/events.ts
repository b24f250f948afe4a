import type { Element } from '@xmpp/client'
import { payloadXml } from '../xmpp/payload.ts'
import { words } from '../xmpp/words.ts'
import { PUBSUB_EVENT } from './protocol.ts'

/** One item of an event or of an answer. Without `xml` it has no payload, or more than one. */
export interface ReceivedItem {
  readonly id: string
  readonly xml: string | undefined
  readonly publisher: string | undefined
  /** there was something in it that is no payload */
  readonly malformed: boolean
}

/** XEP-0060 §7.1.2.1, §7.2.2.1, §8.4.2, §8.5.2, §8.2.5, §8.8.4 */
export type TopicEvent =
  | {
      readonly kind: 'items'
      readonly node: string
      readonly items: readonly ReceivedItem[]
      readonly retracted: readonly string[]
    }
  | { readonly kind: 'purge' | 'configuration'; readonly node: string }
  /** `redirect`: where its items are to be had from now on, as its owner says */
  | { readonly kind: 'delete'; readonly node: string; readonly redirect?: string }
  | { readonly kind: 'subscription'; readonly node: string; readonly subscription: string; readonly jid: string }

/** The events of one message, in document order; empty when it holds none. Who sent it is the caller's to check. */
export function readEvents(message: Element): TopicEvent[] {
  const events: TopicEvent[] = []
  for (const child of message.getChild('event', PUBSUB_EVENT)?.getChildElements() ?? []) {
    const node = child.attrs.node ?? ''
    switch (child.getName()) {
      case 'items':
        events.push({ kind: 'items', node, items: readItems(child), retracted: readRetractions(child) })
        break
      case 'purge':
        events.push({ kind: 'purge', node })
        break
      case 'delete':
        events.push({ kind: 'delete', node, ...redirectOf(child) })
        break
      case 'configuration':
        events.push({ kind: 'configuration', node })
        break
      case 'subscription':
        events.push({
          kind: 'subscription',
          node,
          subscription: child.attrs.subscription ?? '',
          jid: child.attrs.jid ?? '',
        })
        break
      default:
    }
  }
  return events
}

function redirectOf(deleted: Element): { redirect?: string } {
  const redirect = words(deleted.getChild('redirect')?.attrs.uri ?? '')
  return redirect === '' ? {} : { redirect }
}

/** What the log says of it. */
export function noticeOf(event: TopicEvent): { readonly topic: string; readonly redirect?: string } {
  const { node: topic } = event
  return event.kind === 'delete' && event.redirect !== undefined ? { topic, redirect: event.redirect } : { topic }
}

/** The `<item>` children of an `<items>`. */
export function readItems(items: Element | undefined): ReceivedItem[] {
  return (items?.getChildren('item') ?? []).map((item) => {
    const xml = payloadXml(item)
    return {
      id: item.attrs.id ?? '',
      xml,
      publisher: item.attrs.publisher,
      malformed: xml === undefined && (item.getChildElements().length > 0 || item.text().trim() !== ''),
    }
  })
}

function readRetractions(items: Element): string[] {
  return items.getChildren('retract').flatMap((retract) => (retract.attrs.id ? [retract.attrs.id] : []))
}

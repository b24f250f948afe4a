import { type Element, xml } from '@xmpp/client'

/** XEP-0060 §17 and friends. */
export const PUBSUB = 'http://jabber.org/protocol/pubsub'
export const PUBSUB_EVENT = `${PUBSUB}#event`
export const PUBSUB_OWNER = `${PUBSUB}#owner`
export const DISCO_INFO = 'http://jabber.org/protocol/disco#info'
export const DISCO_ITEMS = 'http://jabber.org/protocol/disco#items'
export const RSM = 'http://jabber.org/protocol/rsm'

export function pubsub(...children: Element[]): string {
  return xml('pubsub', { xmlns: PUBSUB }, ...children).toString()
}

export function owner(...children: Element[]): string {
  return xml('pubsub', { xmlns: PUBSUB_OWNER }, ...children).toString()
}

export function disco(ns: string, node?: string, ...children: Element[]): string {
  return xml('query', { xmlns: ns, node }, ...children).toString()
}

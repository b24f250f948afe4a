import { type Element, xml } from '@xmpp/client'

/**
 * The answer to whoever wants to see our presence (RFC 6121 §3.1): participants may, and see by its capabilities that they can ask here;
 * others may not. Undefined: it asks for nothing.
 */
export function answerSubscription(presence: Element, isParticipant: boolean, bare: string): string | undefined {
  if (presence.attrs.type !== 'subscribe' || bare === '') return undefined
  return xml('presence', { to: bare, type: isParticipant ? 'subscribed' : 'unsubscribed' }).toString()
}

import type { StanzaError } from '../xmpp/iq.ts'
import { FORBIDDEN } from '../xmpp/well-formed.ts'

/** Where items of a Topic are: a node of a service (XEP-0060 §4.6). */
export interface Place {
  readonly broker: string
  readonly node: string
}

/** What is told of an address is cut there: what is longer may have lost its end. */
const LONGEST = 200

/**
 * The place that a `gone` or `redirect` names (XEP-0060 §6.1.3.11): `xmpp:JID?;node=NODE`, or the same node where it names none.
 * Undefined: it names none that a Topic could be at.
 */
export function placeIn(address: string, node: string): Place | undefined {
  const [, jid, query = ''] = /^xmpp:([^\s?#/]+)(?:\?([^#]*))?$/i.exec(address) ?? []
  if (jid === undefined || address.length >= LONGEST) return undefined
  const named = query.split(';').find((pair) => pair.startsWith('node='))
  try {
    const broker = decodeURIComponent(jid).toLowerCase()
    const there = named === undefined ? node : decodeURIComponent(named.slice('node='.length))
    // whoever gave up the Topic chose it: one that cannot be written would end the stream at each try, for all Topics
    return FORBIDDEN.test(there) ? undefined : { broker, node: there }
  } catch {
    return undefined
  }
}

/** Where it is now, as the Broker says (RFC 6120 §8.3.3.5, §8.3.3.14). */
export function movedTo({ condition, address }: StanzaError): string | undefined {
  return condition === 'gone' || condition === 'redirect' ? address : undefined
}

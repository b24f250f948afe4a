import { type Element, jid, xml } from '@xmpp/client'
import { CAPS_NS, NODE } from './caps.ts'

const NS_GATEWAY = 'urn:x-iodef-gateway:gateway:1'

/** Another gateway that is logged in with our account, or was. */
export interface Fellow {
  /** full JID */
  readonly jid: string
  readonly here: boolean
  /** which store it has; undefined: it does not say */
  readonly store: string | undefined
}

/** What presence says of us to those who share the account: `store` is the same for all gateways on one store. */
export function storeMark(store: string): string {
  return xml('gateway', { xmlns: NS_GATEWAY, store }).toString()
}

/**
 * The gateway that this presence is of: of our account, which the server vouches for, but not of ourselves. A server hands the presence
 * of each session of an account to all of them (RFC 6121 §4.2.2). Undefined: it is of somebody else, or of a client of another kind.
 */
export function fellowIn(
  presence: Element,
  self: { readonly bare: string; readonly full: string },
): Fellow | undefined {
  const { from = '', type } = presence.attrs
  if (from === self.full || bareOf(from) !== self.bare) return undefined
  if (type === 'unavailable') return { jid: from, here: false, store: undefined }
  if (type !== undefined) return undefined
  const mark = presence.getChild('gateway', NS_GATEWAY)
  // one of an earlier version, which may ask and answer
  const isGateway = mark !== undefined || presence.getChild('c', CAPS_NS)?.attrs.node === NODE
  return isGateway ? { jid: from, here: true, store: mark?.attrs.store } : undefined
}

function bareOf(address: string): string {
  try {
    return jid(address).bare().toString()
  } catch {
    return ''
  }
}

import { createHash } from 'node:crypto'
import { xml } from '@xmpp/client'

export const NS_INFO = 'http://jabber.org/protocol/disco#info'
export const NS_ITEMS = 'http://jabber.org/protocol/disco#items'
export const NS_PING = 'urn:xmpp:ping'
/** XEP-0268 */
export const NS_INCIDENT = 'urn:xmpp:incident:2'
export const CAPS_NS = 'http://jabber.org/protocol/caps'

const IDENTITY = { category: 'client', type: 'bot', name: 'iodef-gateway' }
/** Sorted, as XEP-0115 §5.1 has them: the same for everybody who asks. */
const FEATURES = [CAPS_NS, NS_INFO, NS_ITEMS, 'urn:ietf:params:xml:ns:iodef-2.0', NS_INCIDENT, NS_PING].sort()

export const NODE = 'urn:x-iodef-gateway'
const VER = createHash('sha1')
  .update([`${IDENTITY.category}/${IDENTITY.type}//${IDENTITY.name}`, ...FEATURES].map((part) => `${part}<`).join(''))
  .digest('base64')

/** The node that disco#info is asked by whoever met it in presence (XEP-0115 §6.2). */
export const CAPS_NODE = `${NODE}#${VER}`

/** What presence says of all that is answered. */
export const CAPS = xml('c', { xmlns: CAPS_NS, hash: 'sha-1', node: NODE, ver: VER }).toString()

/** What is known here (XEP-0030 §3.1); `node` as it was asked for. */
export function discoInfo(node: string | undefined) {
  return xml(
    'query',
    { xmlns: NS_INFO, node },
    xml('identity', IDENTITY),
    ...FEATURES.map((feature) => xml('feature', { var: feature })),
  )
}

const PEER = 'peer:'

/** Who is reached through this gateway (XEP-0030 §4). */
export function discoItems(self: string, peers: readonly string[], node: string | undefined) {
  const below = node === undefined ? peers : []
  const items = below.map((name) => xml('item', { jid: self, node: `${PEER}${name}`, name }))
  return xml('query', { xmlns: NS_ITEMS, node }, ...items)
}

/** The peer whose node this is. */
export function peerOf(node: string): string | undefined {
  return node.startsWith(PEER) ? node.slice(PEER.length) : undefined
}

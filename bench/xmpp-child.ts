/**
 * A bare @xmpp/client: what anybody would write who needs no more than to publish and subscribe. Environment: SERVICE, DOMAIN,
 * LOCAL, PASSWORD, BROKER; NODE_EXTRA_CA_CERTS names the CA of the server.
 */
import * as xmpp from '@xmpp/client'
import { monotonic, serve } from './child.ts'

interface Client {
  readonly reconnect: { stop(): void }
  readonly iqCaller: { request(iq: xmpp.Element, ms: number): Promise<xmpp.Element> }
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'stanza', listener: (stanza: xmpp.Element) => void): void
  start(): Promise<unknown>
  send(element: xmpp.Element): Promise<void>
}

const { SERVICE = '', DOMAIN = '', LOCAL = '', PASSWORD = '', BROKER = '' } = process.env
const { xml } = xmpp
const PUBSUB = 'http://jabber.org/protocol/pubsub'
const PATIENCE = 600_000

const client = xmpp.client({
  service: SERVICE,
  domain: DOMAIN,
  username: LOCAL,
  password: PASSWORD,
  timeout: 15_000,
} as never) as unknown as Client
client.on('error', (error) => console.error(error))

/** id to when it came */
let arrived = new Map<string, number>()
let enough: { count: number; resolve: () => void } | undefined
client.on('stanza', (stanza) => {
  const items = stanza.is('message') ? stanza.getChild('event', `${PUBSUB}#event`)?.getChild('items') : undefined
  for (const item of items?.getChildren('item') ?? []) {
    if (item.attrs.id !== undefined) arrived.set(item.attrs.id, monotonic())
  }
  if (enough !== undefined && arrived.size >= enough.count) enough.resolve()
})

function request(type: string, child: xmpp.Element, ns = PUBSUB): Promise<xmpp.Element> {
  return client.iqCaller.request(xml('iq', { type, to: BROKER }, xml('pubsub', { xmlns: ns }, child)), PATIENCE)
}

serve({
  async start() {
    await client.start()
    await client.send(xml('presence'))
  },
  create: ({ node, fields }: { node: string; fields: Record<string, string> }) => {
    const form = Object.entries({ FORM_TYPE: `${PUBSUB}#node_config`, ...fields }).map(([name, value]) =>
      xml('field', { var: name }, xml('value', {}, value)),
    )
    const iq = xml(
      'iq',
      { type: 'set', to: BROKER },
      xml(
        'pubsub',
        { xmlns: PUBSUB },
        xml('create', { node }),
        xml('configure', {}, xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...form)),
      ),
    )
    return client.iqCaller.request(iq, PATIENCE).then(() => undefined)
  },
  affiliate: ({ node, jid, affiliation }: Record<'node' | 'jid' | 'affiliation', string>) =>
    request('set', xml('affiliations', { node }, xml('affiliation', { jid, affiliation })), `${PUBSUB}#owner`).then(
      () => undefined,
    ),
  subscribe: ({ node, jid }: { node: string; jid: string }) =>
    request('set', xml('subscribe', { node, jid })).then(() => undefined),
  /** Publishes them, `inFlight` at once; milliseconds from the first to the last result. */
  async publish({ node, items, inFlight }: { node: string; items: { id: string; xml: string }[]; inFlight: number }) {
    const began = monotonic()
    const rest = items[Symbol.iterator]()
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        for (const item of rest)
          await request('set', xml('publish', { node }, xml('item', { id: item.id }, raw(item.xml))))
      }),
    )
    return monotonic() - began
  },
  forget() {
    arrived = new Map()
  },
  /** Resolves when `count` different items have come since the last `forget`: their ids and when. */
  async arrivals({ count }: { count: number }) {
    if (arrived.size < count) {
      await new Promise<void>((resolve) => {
        enough = { count, resolve }
      })
      enough = undefined
    }
    return [...arrived]
  },
})

/** An element that is written as it stands. */
function raw(text: string): xmpp.Element {
  const element = xml('raw')
  element.toString = () => text
  // ltx writes its tree, not by toString
  return Object.assign(element, { write: (writer: (piece: string) => void) => writer(text) })
}

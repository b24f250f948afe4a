/**
 * A subscriber as anybody could write one: XEP-0060 and nothing of the gateway's. Says `{subscribed}` and then `{id, xml}` for
 * each item over IPC. Environment: SERVICE, DOMAIN, USER_NAME, PASSWORD, BROKER, TOPIC; NODE_EXTRA_CA_CERTS names the CA that
 * the server's certificate must come from.
 */
import type { Socket } from 'node:net'
import * as xmpp from '@xmpp/client'

/** What of the library's client is used here. */
interface Client {
  readonly socket: { readonly socket?: Socket } | null
  readonly reconnect: { stop(): void }
  readonly iqCaller: { request(iq: xmpp.Element, ms: number): Promise<xmpp.Element> }
  on(event: 'open', listener: () => void): void
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'disconnect', listener: () => void): void
  on(event: 'stanza', listener: (stanza: xmpp.Element) => void): void
  start(): Promise<{ bare(): { toString(): string } }>
  send(element: xmpp.Element): Promise<void>
}

const { SERVICE = '', DOMAIN = '', USER_NAME = '', PASSWORD = '', BROKER = '', TOPIC = '' } = process.env
const { xml } = xmpp
const PUBSUB = 'http://jabber.org/protocol/pubsub'

const options = { service: SERVICE, domain: DOMAIN, username: USER_NAME, password: PASSWORD, timeout: 15_000 }
const client = xmpp.client(options) as unknown as Client
client.reconnect.stop()
// the library decodes each chunk by itself, which damages a character that two chunks share
client.on('open', () => client.socket?.socket?.setEncoding('utf8'))
client.on('error', (error: Error) => fail(error))
client.on('disconnect', () => fail(new Error('the server closed the connection')))
client.on('stanza', (stanza: xmpp.Element) => {
  // anybody may send a message that looks like an event: only the Broker's counts
  if (!stanza.is('message') || stanza.attrs.from !== BROKER) return
  const items = stanza.getChild('event', `${PUBSUB}#event`)?.getChild('items')
  if (items?.attrs.node !== TOPIC) return
  for (const item of items.getChildren('item')) {
    const payload = item.getChildElements()[0]
    if (payload !== undefined) process.send?.({ id: item.attrs.id, xml: payload.toString() })
  }
})
process.on('disconnect', () => process.exit(0))

try {
  const me = (await client.start()).bare().toString()
  const subscribe = xml('subscribe', { node: TOPIC, jid: me })
  const iq = xml('iq', { type: 'set', to: BROKER }, xml('pubsub', { xmlns: PUBSUB }, subscribe))
  await client.iqCaller.request(iq, 15_000)
  await client.send(xml('presence'))
  process.send?.({ subscribed: me })
} catch (error) {
  fail(error)
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}

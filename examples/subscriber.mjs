/**
 * A subscriber as anybody could write one: XEP-0060 and nothing of the gateway's. Says `{subscribed}` and then `{id, xml}` for
 * each item, on standard output or, when it was forked as `npm run demo` does, over IPC. It needs @xmpp/client, which an
 * installed gateway brings. NODE_EXTRA_CA_CERTS names the CA that the server's certificate must come from.
 *   SERVICE=xmpp://controller.example DOMAIN=grid.example USER_NAME=subscriber PASSWORD=... BROKER=pubsub.grid.example \
 *     TOPIC=incident NODE_EXTRA_CA_CERTS=grid-ca.pem node subscriber.mjs
 */
import { client as createClient, xml } from '@xmpp/client'

const { SERVICE, DOMAIN, USER_NAME, PASSWORD, BROKER, TOPIC } = process.env
const PUBSUB = 'http://jabber.org/protocol/pubsub'

const client = createClient({
  service: SERVICE,
  domain: DOMAIN,
  username: USER_NAME,
  password: PASSWORD,
  timeout: 15_000,
})
client.reconnect.stop()
// the library decodes each chunk by itself, which damages a character that two chunks share
client.on('open', () => client.socket?.socket?.setEncoding('utf8'))
client.on('error', fail)
client.on('disconnect', () => fail(new Error('the server closed the connection')))
client.on('stanza', (stanza) => {
  // anybody may send a message that looks like an event: only the Broker's counts
  if (!stanza.is('message') || stanza.attrs.from !== BROKER) return
  const items = stanza.getChild('event', `${PUBSUB}#event`)?.getChild('items')
  if (items?.attrs.node !== TOPIC) return
  for (const item of items.getChildren('item')) {
    const payload = item.getChildElements()[0]
    if (payload !== undefined) tell({ id: item.attrs.id, xml: payload.toString() })
  }
})
process.on('disconnect', () => process.exit(0))

try {
  const me = (await client.start()).bare().toString()
  const subscribe = xml('subscribe', { node: TOPIC, jid: me })
  const iq = xml('iq', { type: 'set', to: BROKER }, xml('pubsub', { xmlns: PUBSUB }, subscribe))
  await client.iqCaller.request(iq, 15_000)
  await client.send(xml('presence'))
  tell({ subscribed: me })
} catch (error) {
  fail(error)
}

function tell(message) {
  if (process.send) process.send(message)
  else console.log(JSON.stringify(message))
}

function fail(error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}

import { connect } from 'node:tls'
import type { Broker } from '../test/support/brokers.ts'

const PUBSUB = 'http://jabber.org/protocol/pubsub'

interface BareReader extends Disposable {
  /** Asks for each of these, so many at once; resolves with ms and the bytes of all answers. */
  ask(questions: readonly string[], atOnce: number): Promise<{ readonly ms: number; readonly text: string }>
}

/** The least that can ask a Broker for what it keeps: TLS, SASL PLAIN, IQs, and answers that are counted and not parsed. */
export async function openBareReader({ directTls, domain, broker }: Broker, user: string): Promise<BareReader> {
  const socket = connect({
    ...{ host: '127.0.0.1', port: Number(new URL(directTls).port), servername: domain, ALPNProtocols: ['xmpp-client'] },
    rejectUnauthorized: false,
  })
  let text = ''
  let look = () => {}
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    look()
  })
  const says = (what: string | undefined, mark: string) =>
    new Promise<void>((resolve) => {
      text = ''
      look = () => text.includes(mark) && resolve()
      if (what !== undefined) socket.write(what)
    })
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  const head = `<stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
  const login = Buffer.from(`\0${user}\0${user}-secret`).toString('base64')
  await says(head, '</stream:features>')
  await says(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${login}</auth>`, '<success')
  await says(head, '</stream:features>')
  await says(`<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`, '</iq>')
  return {
    ask(questions, atOnce) {
      const began = performance.now()
      let [next, answers, from] = [0, 0, 0]
      text = ''
      const send = () => {
        const question = questions[next]
        if (question === undefined) return
        socket.write(`<iq type='get' id='q${next}' to='${broker}'>${question}</iq>`)
        next += 1
      }
      return new Promise((resolve) => {
        look = () => {
          for (let at = text.indexOf('</iq>', from); at !== -1; at = text.indexOf('</iq>', from)) {
            from = at + 5
            answers += 1
            send()
          }
          from = Math.max(from, text.length - 4)
          if (answers === questions.length) resolve({ ms: performance.now() - began, text })
        }
        for (let i = 0; i < atOnce; i += 1) send()
      })
    },
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

export function listOf(node: string): string {
  return `<query xmlns='http://jabber.org/protocol/disco#items' node='${node}'/>`
}

/** Of these ids, or of everything. */
export function itemsOf(node: string, ids: readonly string[]): string {
  const items = ids.map((id) => `<item id='${id}'/>`).join('')
  return `<pubsub xmlns='${PUBSUB}'><items node='${node}'>${items}</items></pubsub>`
}

import { connect } from 'node:tls'
import type { Broker } from '../test/support/brokers.ts'

const PUBSUB = 'http://jabber.org/protocol/pubsub'
const END = '</iq>'

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
  let look = (_chunk: string) => {}
  socket.setEncoding('latin1').on('data', (chunk: string) => look(chunk))
  const says = (what: string, mark: string) =>
    new Promise<void>((resolve) => {
      let text = ''
      look = (chunk) => {
        text += chunk
        if (text.includes(mark)) resolve()
      }
      socket.write(what)
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
      let [next, answers] = [0, 0]
      // 50 MB put together at each piece that comes would be what the Broker is measured against
      const pieces: string[] = []
      let rest = ''
      const send = () => {
        const question = questions[next]
        if (question === undefined) return
        socket.write(`<iq type='get' id='q${next}' to='${broker}'>${question}</iq>`)
        next += 1
      }
      return new Promise((resolve) => {
        look = (chunk) => {
          pieces.push(chunk)
          const ends = (rest + chunk).split(END)
          rest = ends.at(-1)?.slice(1 - END.length) ?? ''
          for (const _ of ends.slice(1)) {
            answers += 1
            send()
          }
          if (answers === questions.length) resolve({ ms: performance.now() - began, text: pieces.join('') })
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

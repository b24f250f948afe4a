import { answer, event, FAKE_DOMAIN, type FakeIq, usualAnswer } from './fake-controller.ts'
import { errorAnswer, FakeTopic, listAnswer } from './fake-topic.ts'

const PUBSUB = 'http://jabber.org/protocol/pubsub'
const GATEWAY = `gateway@${FAKE_DOMAIN}`

/** In what a Broker differs from Prosody and ejabberd. */
export interface Oddity {
  /** XEP-0060 §6.1.6: adds a subscription each time, tells every item once for each, and wants to hear of which one is spoken (Openfire) */
  readonly manySubscriptions?: true
  /** XEP-0060 §5.5: what it says where its items are asked for */
  readonly lists?: 'none' | 'refused'
  /** XEP-0060 §7.1.5: how it refuses a publication with a precondition, not having said beforehand that it knows them */
  readonly preconditions?: 'unsupported' | 'bad-request'
  /** how it refuses an item whose id is there */
  readonly overwriting?: 'conflict' | 'forbidden'
}

/** A Broker with one Topic, `incident`, that keeps everything. */
export class OddBroker {
  readonly topic = new FakeTopic()
  /** id of each item that was stored, as often as it was */
  readonly stored: string[] = []
  /** of the gateway's subscriptions */
  subids: string[] = []
  readonly #oddity: Oddity
  /** Tells those who are connected. */
  tell: (xml: string) => void = () => undefined

  constructor(oddity: Oddity) {
    this.#oddity = oddity
    // of logins long ago
    if (oddity.manySubscriptions) this.subids = ['old-0', 'old-1', 'old-2']
  }

  /** Somebody, or the gateway, puts an item on the Topic. */
  store(item: string): void {
    const id = /^<item id="([^"]*)"/.exec(item)?.[1] ?? ''
    this.topic.items.delete(id)
    this.topic.items.set(id, item)
    this.stored.push(id)
    const copies = this.#oddity.manySubscriptions ? this.subids.length : Math.min(1, this.subids.length)
    for (let n = 0; n < copies; n += 1) this.tell(event('incident', item))
  }

  readonly onIq = (iq: FakeIq): string | undefined => {
    const { lists } = this.#oddity
    if (iq.xml.includes('disco#info')) return this.#info(iq)
    if (iq.xml.includes('disco#items') && lists === 'none') return listAnswer(iq, [])
    if (iq.xml.includes('disco#items') && lists === 'refused') return errorAnswer(iq, 'feature-not-implemented')
    if (iq.xml.includes('<subscriptions')) {
      const all = this.subids.map((subid) => this.#subscription(subid)).join('')
      return answer(iq, `<pubsub xmlns="${PUBSUB}"><subscriptions>${all}</subscriptions></pubsub>`)
    }
    const left = /<unsubscribe[^>]* subid="([^"]*)"/.exec(iq.xml)?.[1]
    if (left !== undefined) this.subids = this.subids.filter((subid) => subid !== left)
    if (iq.xml.includes('<subscribe')) return this.#subscribe(iq)
    if (iq.xml.includes('<publish ')) return this.#publish(iq)
    const said = /<items[^>]* subid="([^"]*)"/.exec(iq.xml)?.[1]
    if (iq.xml.includes('<items') && this.subids.length > 1 && !this.subids.includes(said ?? ''))
      return refusal(iq, 'bad-request', '<subid-required xmlns="http://jabber.org/protocol/pubsub#errors"/>')
    return this.topic.onIq(iq) ?? usualAnswer(iq)
  }

  #info(iq: FakeIq): string {
    const features = ['publish', 'subscribe', 'retrieve-items', this.#oddity.preconditions ? '' : 'publish-options']
    const listed = features.filter(Boolean).map((name) => `<feature var="${PUBSUB}#${name}"/>`)
    const field = '<field var="pubsub#access_model"><value>whitelist</value></field>'
    const content = iq.xml.includes('node=')
      ? `<identity category="pubsub" type="leaf"/><x xmlns="jabber:x:data" type="result">${field}</x>`
      : `<identity category="pubsub" type="service"/>${listed.join('')}`
    return answer(iq, `<query xmlns="http://jabber.org/protocol/disco#info">${content}</query>`)
  }

  #subscribe(iq: FakeIq): string {
    if (this.#oddity.manySubscriptions || this.subids.length === 0) this.subids.push(`s${this.subids.length}`)
    return answer(iq, `<pubsub xmlns="${PUBSUB}">${this.#subscription(this.subids.at(-1) ?? '')}</pubsub>`)
  }

  #publish(iq: FakeIq): string {
    const { preconditions, overwriting } = this.#oddity
    if (preconditions && iq.xml.includes('<publish-options')) {
      const unsupported = '<unsupported xmlns="http://jabber.org/protocol/pubsub#errors" feature="publish-options"/>'
      return preconditions === 'unsupported'
        ? refusal(iq, 'feature-not-implemented', unsupported)
        : refusal(iq, 'bad-request', '')
    }
    const [item = '', id = ''] = /<item id="([^"]*)">.*<\/item>/s.exec(iq.xml) ?? []
    if (overwriting && this.topic.items.has(id)) return errorAnswer(iq, overwriting, 'auth')
    this.store(item)
    return answer(iq, '')
  }

  #subscription(subid: string): string {
    const named = this.#oddity.manySubscriptions ? ` subid="${subid}"` : ''
    return `<subscription node="incident" jid="${GATEWAY}"${named} subscription="subscribed"/>`
  }
}

function refusal(iq: FakeIq, condition: string, application: string): string {
  const stanzas = 'urn:ietf:params:xml:ns:xmpp-stanzas'
  const error = `<error type="cancel"><${condition} xmlns="${stanzas}"/>${application}</error>`
  return `<iq type="error" id="${iq.id}" from="${iq.to}">${error}</iq>`
}

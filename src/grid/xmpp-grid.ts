import { type Element, jid } from '@xmpp/client'
import { type Clock, systemClock } from '../clock.ts'
import type { TopicConfig } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { SendOutcome } from '../outcome.ts'
import type { Grid, GridOptions, GridRequest, UploadSlot } from './contract.ts'
import { answerRequest, isWelcome, readRequest, type SubscriptionRequest } from './pubsub/approval.ts'
import { bareTopic } from './pubsub/bare-topic.ts'
import { Consumer } from './pubsub/consumer.ts'
import { discoverTopics } from './pubsub/discover.ts'
import { EventDesk } from './pubsub/event-desk.ts'
import { askFeatures } from './pubsub/features.ts'
import { accessOf } from './pubsub/node-configuration.ts'
import { Pace, slowReason } from './pubsub/pace.ts'
import { Provider } from './pubsub/provider.ts'
import { retractItem } from './pubsub/retract.ts'
import { TopicLoop } from './pubsub/topic-loop.ts'
import { States } from './states.ts'
import { uploadSlot } from './upload/slot.ts'
import { createAnswerAllowance } from './xmpp/answer-allowance.ts'
import { request } from './xmpp/request.ts'
import { bareOf, openSession, type Session, type SessionTiming, stanzaLimit } from './xmpp/session.ts'
import { type BackoffTiming, supervise } from './xmpp/supervise.ts'
import { gridExpiry } from './xmpp/trust.ts'

export interface XmppGridOptions extends GridOptions {
  readonly timing?: Partial<GridTiming>
}

/** ms */
interface GridTiming extends SessionTiming, BackoffTiming {
  /** between looks at a Topic that is not there */
  readonly topicRetry: number
  readonly resync: number
}

const NOT_CONNECTED = 'The Controller is not connected.'
/** ms between looks at how the Controller takes what is published */
const LOOK = 2_000

/** The grid by XMPP: one login at the Controller, its Topics, Provider and Consumer (RFC 8600 §4, §5). */
export function createXmppGrid(options: XmppGridOptions): Grid {
  return new XmppGrid(options)
}

class XmppGrid implements Grid {
  readonly #options: XmppGridOptions
  readonly #clock: Clock
  readonly #broker: string
  readonly #loops = new Map<string, TopicLoop>()
  readonly #consumers = new Map<string, Consumer>()
  readonly #states: States
  readonly #provider: Provider
  readonly #desk: EventDesk
  readonly #ending = new AbortController()
  #running: Promise<void> | undefined
  #session: Session | undefined
  #pace = new Pace()
  /** strangers choose how often they ask */
  readonly #mayDeny = createAnswerAllowance([])
  #lacking: readonly string[] = []
  #publishedBefore = 0

  constructor(options: XmppGridOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#broker = jid(options.config.broker).toString()
    this.#states = new States(options.handlers, () => this.#clock.now())
    this.#provider = new Provider({
      broker: this.#broker,
      maxItem: options.config.maxItem,
      onRoom: (topic) => options.handlers.room?.(topic),
      onFull: (topic, reason) => this.#loops.get(topic)?.full(reason),
    })
    const [loops, consumers, provider] = [this.#loops, this.#consumers, this.#provider]
    this.#desk = new EventDesk({ broker: this.#broker, loops, consumers, provider, tell: options.tell })
    for (const topic of this.#topics()) {
      const consumer = options.consume.includes(topic.name) ? this.#createConsumer(topic.name) : undefined
      if (consumer) this.#consumers.set(topic.name, consumer)
      this.#loops.set(topic.name, this.#createLoop(topic, consumer))
    }
  }

  start(): void {
    const { config, timing, tell } = this.#options
    this.#running ??= supervise({
      connect: (signal, elsewhere) => this.#connect(signal, elsewhere),
      service: config.service,
      run: (session, signal) => this.#work(session, signal),
      worked: () => this.#worked(),
      state: (state, reason) => this.#states.setSession(state, reason),
      clock: this.#clock,
      tell,
      ...(timing === undefined ? {} : { timing }),
      signal: this.#ending.signal,
    })
    tell('grid-started', { service: config.service, topics: [...this.#loops.keys()] })
  }

  async publish(
    topic: string,
    itemId: string,
    xml: string,
    signal: AbortSignal,
    inDoubt = false,
  ): Promise<SendOutcome> {
    const loop = this.#loops.get(topic)
    const obstacle = this.obstacle(topic)
    if (obstacle !== undefined || loop === undefined) return obstacle ?? retry(NOT_CONNECTED)
    const publication = { topic, itemId, xml, access: loop.access, signal, inDoubt }
    const { outcome, doubt, lost } = await this.#provider.publish(publication)
    if (doubt || lost !== undefined) loop.doubt(lost)
    if (outcome.kind === 'delivered') loop.published()
    return outcome
  }

  obstacle(topic: string): SendOutcome | undefined {
    const loop = this.#loops.get(topic)
    if (!loop) return { kind: 'hold', reason: `Topic ${topic} is not configured.` }
    if (!this.#session) return retry(this.#states.session.reason ?? NOT_CONNECTED)
    if (loop.ready) return undefined
    return retry([`Topic ${topic} is not available.`, loop.reason ?? []].flat().join(' '))
  }

  async request(iq: GridRequest, signal: AbortSignal) {
    if (this.#session) return request(this.#session, iq, signal)
    return { kind: 'away', reason: this.#states.session.reason ?? NOT_CONNECTED } as const
  }

  async retract(topic: string, itemId: string, signal: AbortSignal): Promise<SendOutcome> {
    if (!this.#session) return retry(this.#states.session.reason ?? NOT_CONNECTED)
    return retractItem(this.#session, this.#broker, { topic, itemId, signal })
  }

  uploadSlot(name: string, size: number, signal: AbortSignal): Promise<UploadSlot> {
    return uploadSlot(this.#session, this.#options.config.upload?.service, { name, size }, signal)
  }

  room(topic: string): number {
    return this.#provider.room(topic)
  }

  async discover(signal: AbortSignal) {
    if (!this.#session) throw new GatewayError('grid-away', 'Not connected.')
    return discoverTopics(this.#session, this.#broker, signal)
  }

  state() {
    const { state, since, reason } = this.#states.session
    return { state, since, reason }
  }

  certificates() {
    return gridExpiry(this.#options.config.tls)
  }

  lacking() {
    return this.#lacking
  }

  whenUp(signal: AbortSignal): Promise<void> {
    return this.#states.whenUp(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session
    if (this.#options.liveOnly && session) {
      await Promise.all([...this.#consumers.values()].map((consumer) => consumer.unsubscribe(session)))
    }
    this.#ending.abort(new GatewayError('grid-away', 'Shutting down.'))
    await this.#running
  }

  #topics(): TopicConfig[] {
    const { config, consume, liveOnly } = this.#options
    const known = new Set(config.topics.map((topic) => topic.name))
    const configured = config.topics.filter((topic) => !liveOnly || consume.includes(topic.name))
    const others = [...new Set(consume)].filter((name) => !known.has(name)).map(bareTopic)
    // whoever watches creates nothing
    return [...configured, ...others].map((topic) => (liveOnly ? { ...topic, create: false } : topic))
  }

  #createConsumer(topic: string): Consumer {
    const { handlers, tell, liveOnly, timing, config } = this.#options
    return new Consumer({
      topic,
      broker: this.#broker,
      redirects: config.redirects,
      handlers,
      clock: this.#clock,
      tell,
      up: (reason) => this.#loops.get(topic)?.up(reason),
      liveOnly: liveOnly ?? false,
      resyncMs: timing?.resync ?? 300_000,
      bufferSize: 16 * stanzaLimit(config.maxItem),
    })
  }

  #createLoop(topic: TopicConfig, consumer: Consumer | undefined): TopicLoop {
    this.#states.expect(topic.name)
    return new TopicLoop({
      config: { ...this.#options.config, broker: this.#broker },
      topic,
      state: (state, reason) => this.#states.setTopic(topic.name, state, reason),
      follow: consumer ? (...from) => consumer.follow(...from) : undefined,
      clock: this.#clock,
      tell: this.#options.tell,
      retryMs: this.#options.timing?.topicRetry ?? 15_000,
      readersMs: this.#options.timing?.resync ?? 300_000,
    })
  }

  #connect(signal: AbortSignal, elsewhere: string | undefined): Promise<Session> {
    const { config, timing, liveOnly, handlers } = this.#options
    return openSession(
      {
        config: { ...config, broker: this.#broker, service: elsewhere ?? config.service },
        onMessage: (message) => this.#onMessage(message),
        onDropped: (stanza) => this.#desk.onDropped(stanza),
        // a watcher's subscription is for its full JID: events for the gateway's account are not for it
        presence: !liveOnly,
        ...(!liveOnly && { resource: config.resource }),
        ...(!liveOnly && handlers.participants && { participants: handlers.participants }),
        ...(timing === undefined ? {} : { timing }),
      },
      signal,
    )
  }

  async #work(session: Session, signal: AbortSignal): Promise<void> {
    this.#session = session
    const features = await askFeatures(session, this.#broker)
    this.#lacking = features.lacking
    if (this.#lacking.length > 0) this.#options.tell('broker-lacks', { features: this.#lacking })
    this.#provider.attach(session, features)
    this.#pace = new Pace()
    const looks = setInterval(() => this.#look(), LOOK)
    looks.unref()
    void session.closed.then(() => {
      if (this.#session === session) this.#session = undefined
    })
    try {
      await Promise.all([...this.#loops.values()].map((loop) => loop.run(session, signal)))
      // without Topics there is nothing to run until then
      await session.closed
    } finally {
      clearInterval(looks)
      if (this.#session === session) this.#session = undefined
    }
  }

  /** XEP-0060 §8.6: who owns a Topic is asked who may read it. */
  async #onRequest(session: Session, request: SubscriptionRequest): Promise<void> {
    const { node: topic, jid: who } = request
    const configured = this.#topics().find(({ name, create }) => name === topic && create)
    if (!configured) return
    const welcome = isWelcome(session, configured, who)
    // whoever is not told No is not let in either, and the Broker asks again at the next login
    if (!welcome && !this.#mayDeny({ from: who })) return
    if (!welcome && accessOf(configured) === 'authorize') {
      this.#options.tell('subscription-request', { topic, jid: who, answer: 'pending' })
      return
    }
    const answer = await answerRequest(session, this.#broker, configured, request)
    this.#options.tell('subscription-request', { topic, jid: who, answer })
    // we waited for it ourselves
    if (answer === 'approved' && bareOf(who) === session.address.bare) this.#loops.get(topic)?.doubt()
  }

  /** Did anything come through since it was last asked? */
  #worked(): boolean {
    const before = this.#publishedBefore
    this.#publishedBefore = this.#provider.published
    return this.#publishedBefore > before
  }

  #onMessage(message: Element): void {
    const request = bareOf(message.attrs.from ?? '') === this.#broker ? readRequest(message) : undefined
    if (request && this.#session) void this.#onRequest(this.#session, request)
    this.#desk.onMessage(message)
  }

  /** A slow Controller is no failure, but somebody should know. */
  #look(): void {
    const rate = this.#pace.look(performance.now(), this.#provider.pace)
    const reason = rate === undefined ? null : slowReason(rate)
    if (this.#states.noteSession(reason) && reason !== null) this.#options.tell('controller-slow', { reason })
  }
}

function retry(reason: string): SendOutcome {
  return { kind: 'retry', reason, destinationDown: true }
}

import { isDeepStrictEqual } from 'node:util'
import { type Element, jid } from '@xmpp/client'
import { type Clock, systemClock } from '../clock.ts'
import type { GridConfig, TopicConfig } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { SendOutcome } from '../outcome.ts'
import { asGateway } from './as-gateway.ts'
import type { Grid, GridRequest, UploadSlot } from './contract.ts'
import { Fellows } from './fellows.ts'
import { growing } from './growing.ts'
import { Consumer } from './pubsub/consumer.ts'
import { discoverTopics } from './pubsub/discover.ts'
import { EventDesk } from './pubsub/event-desk.ts'
import { askFeatures } from './pubsub/features.ts'
import { followInTurn } from './pubsub/follow-in-turn.ts'
import { Provider } from './pubsub/provider.ts'
import { createRequestDesk } from './pubsub/request-desk.ts'
import { retractItem } from './pubsub/retract.ts'
import { unsubscribe } from './pubsub/subscription.ts'
import { TopicLoop } from './pubsub/topic-loop.ts'
import { TopicRuns } from './pubsub/topic-runs.ts'
import { States } from './states.ts'
import { loginOf, plansOf, type TopicPlan } from './topic-plan.ts'
import { uploadSlot } from './upload/slot.ts'
import { watchPace } from './watch-pace.ts'
import { controllerAddresses, serviceText } from './xmpp/addresses.ts'
import { createRequests } from './xmpp/request.ts'
import { openSession, patience, type Session, stanzaLimit } from './xmpp/session.ts'
import { supervise } from './xmpp/supervise.ts'
import { gridExpiry } from './xmpp/trust.ts'
import type { XmppGridOptions } from './xmpp-grid-options.ts'

export type { XmppGridOptions }

const NOT_CONNECTED = 'The Controller is not connected.'

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
  readonly #fellows: Fellows
  readonly #ending = new AbortController()
  readonly #runs = new TopicRuns()
  readonly #requests = createRequests()
  #config: GridConfig
  #plans: ReadonlyMap<string, TopicPlan>
  /** that of the last connection */
  #login: unknown
  #hurry = new AbortController()
  #running: Promise<void> | undefined
  #session: Session | undefined
  readonly #onRequest: ReturnType<typeof createRequestDesk>
  #lacking: readonly string[] = []

  constructor(options: XmppGridOptions) {
    this.#options = options
    this.#config = options.config
    this.#plans = plansOf(options.config, options.consume, options.liveOnly)
    this.#clock = options.clock ?? systemClock
    this.#broker = jid(options.config.broker).toString()
    this.#states = new States(options.handlers, () => this.#clock.now())
    this.#fellows = new Fellows(options.store, this.#states, options.tell)
    this.#provider = new Provider({
      broker: this.#broker,
      maxItem: options.config.maxItem,
      onRoom: (topic) => options.handlers.room?.(topic),
      onFull: (topic, reason) => this.#loops.get(topic)?.full(reason),
    })
    const topics = { loops: this.#loops, consumers: this.#consumers, provider: this.#provider }
    this.#desk = new EventDesk({ broker: this.#broker, ...topics, tell: options.tell })
    this.#onRequest = createRequestDesk({
      broker: this.#broker,
      own: (topic) => [this.#plans.get(topic)?.topic].find((known) => known?.create),
      approved: (topic) => this.#loops.get(topic)?.doubt(),
      tell: options.tell,
    })
    for (const plan of this.#plans.values()) this.#addTopic(plan)
  }

  start(): void {
    const { timing, tell, resolveSrv: resolve } = this.#options
    const srv = { resolve, random: this.#clock.random, signal: this.#ending.signal }
    this.#running ??= supervise({
      connect: (signal, service, others) => this.#connect(signal, service, others),
      addresses: () => controllerAddresses(this.#config, srv),
      hurry: () => this.#hurry.signal,
      run: (session, signal) => this.#work(session, signal),
      worked: growing(() => this.#provider.published),
      state: (state, reason) => this.#states.setSession(state, reason),
      clock: this.#clock,
      tell,
      ...(timing === undefined ? {} : { timing }),
      signal: this.#ending.signal,
    })
    tell('grid-started', { service: serviceText(this.#config), topics: [...this.#loops.keys()] })
  }

  take(config: GridConfig, consume: readonly string[]): void {
    const before = this.#plans
    this.#config = config
    this.#plans = plansOf(config, consume, this.#options.liveOnly)
    for (const name of before.keys()) if (!this.#plans.has(name)) this.#leaveTopic(name)
    for (const [name, plan] of this.#plans) {
      if (isDeepStrictEqual(before.get(name), plan)) continue
      this.#runs.end(name)
      this.#runs.begin(name, this.#addTopic(plan))
    }
    this.#logInAnew(this.#session)
  }

  /** At once, where there is no session, or another login is configured than that of this one. */
  #logInAnew(session: Session | undefined): void {
    if (session && isDeepStrictEqual(this.#login, loginOf(this.#config))) return
    this.#hurry.abort()
    void session?.close()
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
    if (!loop) return retry(`Topic ${topic} is not configured.`)
    if (!this.#session) return retry(this.#states.session.reason ?? NOT_CONNECTED)
    if (loop.ready) return undefined
    return retry([`Topic ${topic} is not available.`, loop.reason ?? []].flat().join(' '))
  }

  async request(iq: GridRequest, signal: AbortSignal) {
    if (this.#session) return this.#requests(this.#session, iq, signal)
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
    return this.#states.session
  }

  certificates() {
    return gridExpiry(this.#config.tls)
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

  /** What waits to be taken in of one that was consumed before is not lost. */
  #addTopic({ topic, consumed }: TopicPlan): TopicLoop {
    const { name } = topic
    const consumer = consumed ? (this.#consumers.get(name) ?? this.#createConsumer(name)) : undefined
    if (consumer) this.#consumers.set(name, consumer)
    else this.#consumers.delete(name)
    const loop = this.#createLoop(topic, consumer)
    this.#loops.set(name, loop)
    return loop
  }

  #leaveTopic(name: string): void {
    const consumer = this.#consumers.get(name)
    this.#loops.delete(name)
    this.#consumers.delete(name)
    this.#states.forget(name)
    const watched = (session: Session) => unsubscribe(session, this.#broker, name, session.address.bare, undefined)
    this.#runs.end(name, (session) => consumer?.unsubscribe(session) ?? watched(session))
  }

  #createConsumer(topic: string): Consumer {
    const { handlers, tell, liveOnly, timing, config } = this.#options
    return new Consumer({
      topic,
      broker: this.#broker,
      redirects: config.redirects,
      fromNow: () => !liveOnly && this.#plans.get(topic)?.topic.from === 'now',
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
    const loop: TopicLoop = new TopicLoop({
      config: { ...this.#options.config, broker: this.#broker },
      topic,
      state: (state, reason) => {
        // one that was left, or has another in its place, has nothing more to say
        if (this.#loops.get(topic.name) === loop) this.#states.setTopic(topic.name, state, reason)
      },
      follow: consumer && followInTurn(topic.name, consumer, this.#options.handlers.turn, () => loop.up(null)),
      clock: this.#clock,
      tell: this.#options.tell,
      retryMs: this.#options.timing?.topicRetry ?? 10_000,
      readersMs: this.#options.timing?.resync ?? 300_000,
    })
    return loop
  }

  #connect(signal: AbortSignal, service: string, others: boolean): Promise<Session> {
    const config = this.#config
    this.#hurry = new AbortController()
    this.#login = loginOf(config)
    this.#fellows.begin()
    return openSession(
      {
        config: { ...config, broker: this.#broker, service },
        onMessage: (message) => this.#onMessage(message),
        glance: (text, build) => this.#desk.glance(text, build),
        onDropped: (stanza) => this.#desk.onDropped(stanza),
        ...asGateway(this.#options, config, this.#fellows),
        timing: patience(this.#options.timing, others),
      },
      signal,
    )
  }

  async #work(session: Session, signal: AbortSignal): Promise<void> {
    this.#session = session
    this.#fellows.note()
    this.#logInAnew(session)
    const features = await askFeatures(session, this.#broker)
    this.#lacking = features.lacking
    if (this.#lacking.length > 0) this.#options.tell('broker-lacks', { features: this.#lacking })
    this.#provider.attach(session, features)
    using _looks = watchPace(this.#provider, this.#states, this.#options.tell)
    void session.closed.then(() => {
      if (this.#session === session) this.#session = undefined
    })
    await this.#runs.through(session, signal, this.#loops)
  }

  #onMessage(message: Element): void {
    if (this.#session) void this.#onRequest(this.#session, message)
    this.#desk.onMessage(message)
  }
}

function retry(reason: string): SendOutcome {
  return { kind: 'retry', reason, destinationDown: true }
}

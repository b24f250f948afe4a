import { type Element, jid } from '@xmpp/client'
import { type Clock, systemClock } from '../clock.ts'
import type { TopicConfig } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { SendOutcome } from '../outcome.ts'
import type { GridState } from '../vocabulary.ts'
import type { Grid, GridOptions } from './contract.ts'
import { answerRequest, readRequest, type SubscriptionRequest } from './pubsub/approval.ts'
import { Consumer } from './pubsub/consumer.ts'
import { readEvents } from './pubsub/events.ts'
import { PUBSUB_EVENT } from './pubsub/protocol.ts'
import { InFlight, publishItem } from './pubsub/provider.ts'
import { isThere, judgeRefusal } from './pubsub/rights.ts'
import { TopicLoop } from './pubsub/topic-loop.ts'
import { discoverTopics } from './pubsub/topics.ts'
import type { DroppedStanza } from './xmpp/parser.ts'
import { bareOf, openSession, type Session, type SessionTiming, stanzaLimit } from './xmpp/session.ts'
import { type BackoffTiming, supervise } from './xmpp/supervise.ts'

export interface XmppGridOptions extends GridOptions {
  readonly timing?: Partial<GridTiming>
}

/** ms */
interface GridTiming extends SessionTiming, BackoffTiming {
  /** between looks at a Topic that is not there */
  readonly topicRetry: number
  readonly resync: number
}

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
  readonly #topicStates = new Map<string, GridState>()
  readonly #ending = new AbortController()
  readonly #waiting = new Set<() => void>()
  #running: Promise<void> | undefined
  #session: Session | undefined
  #inFlight = new InFlight()
  #state: { state: GridState; since: number; reason: string | null; error: GatewayError | null }

  constructor(options: XmppGridOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#broker = jid(options.config.broker).toString()
    this.#state = { state: 'down', since: this.#clock.now(), reason: null, error: null }
    for (const topic of this.#topics()) {
      const consumer = options.consume.includes(topic.name) ? this.#createConsumer(topic.name) : undefined
      if (consumer) this.#consumers.set(topic.name, consumer)
      this.#loops.set(topic.name, this.#createLoop(topic, consumer))
    }
  }

  start(): void {
    const { config, timing, tell } = this.#options
    this.#running ??= supervise({
      connect: (signal) => this.#connect(signal),
      run: (session, signal) => this.#work(session, signal),
      state: (state, reason) => this.#setState(state, reason),
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
    if (!loop) return { kind: 'hold', reason: `Topic ${topic} is not configured.` }
    const session = this.#session
    if (!session) return retry(this.#state.reason ?? 'The Controller is not connected.')
    if (!loop.ready) return retry([`Topic ${topic} is not available.`, loop.reason ?? []].flat().join(' '))
    const { maxItem } = this.#options.config
    const { access } = loop
    const inFlight = this.#inFlight
    const request = { session, broker: this.#broker, topic, itemId, xml, maxItem, access, signal, inFlight }
    if (inDoubt && (await isThere(request))) return { kind: 'delivered' }
    const { outcome, doubt, refusal } = await publishItem(request)
    const judged = refusal && (await judgeRefusal(request, refusal))
    if (doubt || judged?.lost !== undefined) loop.doubt(judged?.lost)
    if ((judged?.outcome ?? outcome).kind === 'delivered') loop.published()
    return judged?.outcome ?? outcome
  }

  async discover(signal: AbortSignal) {
    if (!this.#session) throw new GatewayError('grid-away', 'Not connected.')
    return discoverTopics(this.#session, this.#broker, signal)
  }

  state() {
    const { state, since, reason } = this.#state
    return { state, since, reason }
  }

  whenUp(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        this.#waiting.delete(look)
        signal.removeEventListener('abort', look)
        settle()
      }
      const look = () => {
        const states = [...this.#topicStates.values()]
        if (signal.aborted) done(() => reject(this.#state.error ?? new GatewayError('grid-timeout', 'Not connected.')))
        else if (this.#state.state === 'refused') {
          done(() => reject(this.#state.error ?? new GatewayError('grid-auth')))
        } else if (this.#state.state === 'up' && states.every((state) => state === 'up' || state === 'refused')) {
          done(resolve)
        }
      }
      this.#waiting.add(look)
      signal.addEventListener('abort', look)
      look()
    })
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
    this.#topicStates.set(topic.name, 'down')
    return new TopicLoop({
      config: { ...this.#options.config, broker: this.#broker },
      topic,
      state: (state, reason) => this.#setTopicState(topic.name, state, reason),
      follow: consumer ? (...from) => consumer.follow(...from) : undefined,
      clock: this.#clock,
      tell: this.#options.tell,
      retryMs: this.#options.timing?.topicRetry ?? 15_000,
    })
  }

  #connect(signal: AbortSignal): Promise<Session> {
    const { config, timing, liveOnly } = this.#options
    return openSession(
      {
        config,
        onMessage: (message) => this.#onMessage(message),
        onDropped: (stanza) => this.#onDropped(stanza),
        // a watcher's subscription is for its full JID: events for the gateway's account are not for it
        presence: !liveOnly,
        ...(timing === undefined ? {} : { timing }),
      },
      signal,
    )
  }

  async #work(session: Session, signal: AbortSignal): Promise<void> {
    this.#session = session
    this.#inFlight = new InFlight()
    void session.closed.then(() => {
      if (this.#session === session) this.#session = undefined
    })
    try {
      await Promise.all([...this.#loops.values()].map((loop) => loop.run(session, signal)))
      // without Topics there is nothing to run until then
      await session.closed
    } finally {
      if (this.#session === session) this.#session = undefined
    }
  }

  /** XEP-0060 §8.6: who owns a Topic is asked who may read it. */
  async #onRequest(session: Session, request: SubscriptionRequest): Promise<void> {
    const { node: topic, jid: who } = request
    const configured = this.#topics().find(({ name, create }) => name === topic && create)
    if (!configured) return
    const answer = await answerRequest(session, this.#broker, configured, request)
    this.#options.tell('subscription-request', { topic, jid: who, answer })
    // we waited for it ourselves
    if (answer === 'approved' && bareOf(who) === session.address.bare) this.#loops.get(topic)?.doubt()
  }

  #onMessage(message: Element): void {
    const request = bareOf(message.attrs.from ?? '') === this.#broker ? readRequest(message) : undefined
    if (request && this.#session) void this.#onRequest(this.#session, request)
    if (!message.getChild('event', PUBSUB_EVENT) || message.attrs.type === 'error') return
    const from = message.attrs.from ?? ''
    // anybody can send us a message that looks like an event
    if (bareOf(from) !== this.#broker) {
      this.#options.tell('dropped-event', { reason: 'forged', from })
      return
    }
    for (const event of readEvents(message)) {
      const loop = this.#loops.get(event.node)
      const consumer = this.#consumers.get(event.node)
      if (consumer) consumer.onEvent(event)
      else if (!loop) this.#options.tell('dropped-event', { reason: 'unknown-topic', from })
      if (event.kind === 'delete' || event.kind === 'configuration') loop?.doubt()
    }
  }

  #onDropped(stanza: DroppedStanza): void {
    this.#options.tell('dropped-event', { reason: stanza.reason, from: stanza.from })
    if (bareOf(stanza.from) !== this.#broker) return
    for (const consumer of this.#consumers.values()) consumer.missedSomething()
  }

  #setState(state: GridState, error: GatewayError | null): void {
    const reason = error?.message ?? null
    this.#state = { state, since: this.#clock.now(), reason, error }
    this.#options.handlers.state('session', state, reason)
    this.#changed()
  }

  #setTopicState(topic: string, state: GridState, reason: string | null): void {
    this.#topicStates.set(topic, state)
    this.#options.handlers.state(`topic:${topic}`, state, reason)
    this.#changed()
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look()
  }
}

/** A Topic nobody configured: watched, never created. */
function bareTopic(name: string): TopicConfig {
  return { name, payload: 'xep-0268', create: false, members: [], restrictions: [] }
}

function retry(reason: string): SendOutcome {
  return { kind: 'retry', reason, destinationDown: true }
}

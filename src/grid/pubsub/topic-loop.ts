import type { Clock } from '../../clock.ts'
import type { GridConfig, TopicConfig } from '../../config/types.ts'
import { messageOf } from '../../errors.ts'
import type { Tell } from '../../tell.ts'
import type { GridState } from '../../vocabulary.ts'
import type { TopicNews } from '../news.ts'
import type { Session } from '../xmpp/session.ts'
import { accessOf } from './node-configuration.ts'
import { compareReaders } from './readers.ts'
import { watchTopic } from './subscription.ts'
import { checkTopic } from './topics.ts'

export interface TopicLoopOptions {
  readonly config: GridConfig
  readonly topic: TopicConfig
  readonly state: (state: GridState, reason: string | null) => void
  /** Consumes until the signal aborts or the Topic must be looked at again; the reason why it cannot, if it cannot. */
  readonly follow:
    | ((session: Session, signal: AbortSignal, keeps: boolean | undefined) => Promise<FollowEnd>)
    | undefined
  readonly clock: Clock
  readonly tell: Tell<TopicNews>
  /** ms between looks at a Topic that is refused */
  readonly retryMs: number
  /** ms between looks at who may read a Topic that is ours */
  readonly readersMs: number
}

export type FollowEnd =
  /** begin again at once, or after a pause */
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'away'; readonly reason: string }

export function again(delayMs: number): FollowEnd {
  return { kind: 'again', delayMs }
}

/** A fault of ours, or of the store, is this Topic's: the others, and the session, go on. */
function failed(error: unknown): FollowEnd {
  return { kind: 'away', reason: `Work on it failed: ${messageOf(error)}` }
}

/** ms before a Topic in doubt is looked at: nobody can make us ask in a circle */
const DOUBT_PAUSE = 1_000

/** One Topic through one session after the other: checked, made, followed, checked again when in doubt. */
export class TopicLoop {
  readonly #options: TopicLoopOptions
  #ready = false
  #access: string | undefined
  #doubt = new AbortController()
  #reason: string | null = null
  /** why nothing may be published, as the Broker said to a publication */
  #lost: string | undefined
  /** why it takes nothing of late */
  #full: string | undefined
  /** undefined: it is not used just now */
  #blind: string | null | undefined
  /** something to know about it while it is used */
  #note: string | null = null
  /** repairs that were tried in this session */
  #tried = new Set<string>()

  constructor(options: TopicLoopOptions) {
    this.#options = options
  }

  /** Items may be published to it, also while it cannot be consumed. */
  get ready(): boolean {
    return this.#ready
  }

  /** why not */
  get reason(): string | null {
    return this.#reason
  }

  /** the access model it had when it was checked */
  get access(): string | undefined {
    return this.#access
  }

  /**
   * It may have gone or changed: nothing is published to it until it has been checked again. `lost`: why nothing may be published,
   * which no look at it shows; it is `refused` until something is.
   */
  doubt(lost?: string): void {
    const known = this.#lost !== undefined
    this.#lost = lost ?? this.#lost
    // each publication that is tried would have it checked again
    if (lost !== undefined && known) return
    if (lost !== undefined) this.#options.tell('topic-unavailable', { topic: this.#options.topic.name, reason: lost })
    this.#ready = false
    this.#doubt.abort()
  }

  /** It is there and takes nothing of late, whatever is published: `refused` until something comes through. */
  full(reason: string): void {
    this.#full = reason
    if (this.#blind !== undefined) this.up(this.#blind)
  }

  /** Something came through. */
  published(): void {
    if (this.#lost === undefined && this.#full === undefined) return
    this.#lost = undefined
    this.#full = undefined
    if (this.#blind !== undefined) this.up(this.#blind)
  }

  /** It is used; `blind`: what of it cannot be read, and why. */
  up(blind: string | null): void {
    this.#blind = blind
    const reason = this.#lost ?? this.#full ?? blind
    if (reason === null) this.#options.state('up', this.#note)
    else this.#options.state('refused', reason)
  }

  /** Works until the signal aborts (the session is over). */
  async run(session: Session, signal: AbortSignal): Promise<void> {
    const { clock, state, retryMs } = this.#options
    this.#tried = new Set()
    this.#lost = undefined
    this.#full = undefined
    while (!signal.aborted) {
      this.#blind = undefined
      state('connecting', null)
      this.#doubt = new AbortController()
      const until = AbortSignal.any([signal, this.#doubt.signal])
      const over = new AbortController()
      void this.#compare(session, AbortSignal.any([until, over.signal]))
      const end = await this.#once(session, until).catch(failed)
      over.abort()
      if (signal.aborted) break
      if (end.kind === 'again') {
        const pause = this.#doubt.signal.aborted ? DOUBT_PAUSE : 0
        await clock.sleep(Math.max(end.delayMs, pause), signal)
      } else {
        this.#reason = end.reason
        state(end.kind === 'refused' ? 'refused' : 'down', end.reason)
        this.#options.tell('topic-unavailable', { topic: this.#options.topic.name, reason: end.reason })
        await clock.sleep(retryMs, until)
        if (this.#doubt.signal.aborted) await clock.sleep(DOUBT_PAUSE, signal)
      }
    }
    this.#ready = false
    this.#blind = undefined
    state('down', 'The Controller is not connected.')
  }

  /** Somebody may be let in, or out, at the Broker, which tells nobody: it is seen here, and mended at the next check or on demand. */
  async #compare(session: Session, until: AbortSignal): Promise<void> {
    const { config, topic, clock, readersMs } = this.#options
    if (!topic.create) return
    for (;;) {
      await clock.sleep(readersMs, until)
      if (until.aborted) return
      const note = await compareReaders(session, config.broker, topic)
      if (until.aborted) return
      if (note === undefined || note === this.#note) continue
      this.#note = note
      if (note !== null) this.#options.tell('topic-members-differ', { topic: topic.name, reason: note })
      if (this.#blind !== undefined) this.up(this.#blind)
    }
  }

  async #once(session: Session, until: AbortSignal): Promise<FollowEnd> {
    const { config, topic, tell, follow, clock } = this.#options
    const check = await checkTopic(session, config.broker, topic, config.maxItem, tell, this.#tried)
    if (check.kind !== 'ready') {
      this.#ready = false
      // whoever is asked to subscribe says it as well, and may be followed
      const isMoved = check.kind === 'refused' && check.moved === true && !topic.create
      return isMoved && follow ? follow(session, until, undefined) : check
    }
    this.#note = check.note
    // a Broker that does not say: what we would have made it
    this.#access = check.access ?? (topic.create ? accessOf(topic) : undefined)
    if (follow) {
      this.#ready = true
      return follow(session, until, check.keeps)
    }
    // its deletion must be heard: a Broker may make it anew at the next publication, with nobody in it (XEP-0060 §7.1.4)
    const unheard = await watchTopic(session, config.broker, topic, this.#access, check.wantsSubscribers)
    if (unheard !== undefined && check.wantsSubscribers) {
      this.#ready = false
      return { kind: 'refused', reason: `Only who is subscribed may publish to it. ${unheard}` }
    }
    if (unheard !== undefined) tell('topic-unwatched', { topic: topic.name, reason: unheard })
    this.#ready = true
    this.up(null)
    while (!until.aborted) await clock.sleep(3_600_000, until)
    return { kind: 'again', delayMs: 0 }
  }
}

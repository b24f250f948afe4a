import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Session } from '../xmpp/session.ts'
import { jitter } from '../xmpp/supervise.ts'
import { BackfillError, fetchRetained, type Retained } from './backfill.ts'
import { noticeOf, type ReceivedItem, type TopicEvent } from './events.ts'
import { joinTopic } from './join.ts'
import { type LiveEntry, LiveQueue } from './live-queue.ts'
import { LotsUnderWay } from './lots-under-way.ts'
import type { Place } from './place.ts'
import { Reread } from './reread-schedule.ts'
import { Past, type PastOptions } from './retained.ts'
import { unsubscribe } from './subscription.ts'
import { again, type FollowEnd } from './topic-loop.ts'
import { digest, gridItems, notHandedOn, sortOut, type UsableItem } from './usable-items.ts'

interface ConsumerOptions extends PastOptions {
  readonly broker: string
  /** where it may be instead */
  readonly redirects: readonly string[]
  readonly clock: Clock
  /** Joined and live; `blind`: what of it cannot be read, and why. */
  readonly up: (blind: string | null) => void
  /** live only, by a subscription of this login alone: what is retained is not read */
  readonly liveOnly: boolean
  /** ms between looks for items that were missed without a sign */
  readonly resyncMs: number
  /** UTF-16 code units of payload that may wait while the handlers are busy */
  readonly bufferSize: number
}

/** From joining a Topic until it must be looked at again. */
interface Following {
  readonly from: Retained
  /** digests, by id, of what the last join has handed on: to be recognized where it arrived live as well */
  handed: Map<string, string> | undefined
}

/** items handed on at once */
const LIVE_BATCH = 32
/** ms until what was not seen is looked for again */
const SECOND_LOOK = 5_000
/** items without a payload in a row that make it the Topic's fault, not a publisher's */
const BARE = 5
/** ms between looks whether what may not be read may be read again */
const BLIND_LOOK = 15_000

/**
 * One Topic's Consumer. Joining: subscribe, read what is retained and not seen yet, go live; what arrives live meanwhile waits
 * and is not handed on twice.
 */
export class Consumer {
  /** Where the Topic is, as far as is known: its events come from there. */
  place: Place
  /** Another follows the Topic: nothing of it waits here. */
  rests = false
  readonly #options: ConsumerOptions
  readonly #queue: LiveQueue
  readonly #past: Past
  readonly #reread: Reread
  #resyncAt = 0
  #subid: string | undefined
  /** the address that is subscribed */
  #own: string | undefined
  /** so many in a row had no payload */
  #bare = 0
  #isUp = false
  #failures = 0
  #again: (() => void) | undefined

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.#queue = new LiveQueue(options.bufferSize)
    this.#past = new Past(options)
    this.place = { broker: options.broker, node: options.topic }
    this.#reread = new Reread(options.clock, Math.min(options.resyncMs, SECOND_LOOK))
  }

  /** An event of this Topic, from the Broker. */
  onEvent(event: TopicEvent): void {
    // an owner is told of everybody's (XEP-0060 §8.8.4)
    if (event.kind === 'subscription' && this.#own !== undefined && event.jid !== this.#own) return
    if (event.kind === 'items') {
      if (this.rests) return
      for (const item of event.items) this.#queue.push({ kind: 'item', item })
      if (event.retracted.length > 0) this.#queue.push({ kind: 'retracted', ids: event.retracted })
      return
    }
    this.#options.tell(event.kind, noticeOf(event))
    if (event.kind === 'purge' || event.kind === 'delete') this.#past.gone().catch(() => undefined)
    if (event.kind === 'purge' && !this.rests) this.#queue.push({ kind: 'retracted', ids: [] })
    if (event.kind === 'delete') this.#options.handlers.cleared?.(this.#options.topic)
    const lost = event.kind === 'delete' || (event.kind === 'subscription' && event.subscription !== 'subscribed')
    if (lost) this.#again?.()
  }

  /** Something from the Broker was skipped: it may have been an item of this Topic. */
  missedSomething(): void {
    const { handlers, topic, liveOnly } = this.#options
    this.#resyncAt = 0
    if (!liveOnly) this.#reread.missed(async () => (await handlers.cursor(topic))?.itemId)
    this.#queue.poke()
  }

  /** Subscribes, reads, consumes, until the signal aborts or the Topic must be looked at again. Never rejects. */
  async follow(session: Session, signal: AbortSignal, keeps: boolean | undefined): Promise<FollowEnd> {
    const end = new AbortController()
    this.#own = this.#address(session)
    this.#past.begin(keeps)
    this.#bare = 0
    this.#again = () => end.abort()
    const until = AbortSignal.any([signal, end.signal])
    // What came since login, through an older subscription, waits in the queue like what comes from now on.
    if (this.#queue.overflowed) this.#queue.clear()
    try {
      await this.#past.passOver(this.#past.of(session, until, this.place), this.#queue, false)
      return (await this.#subscribe(session)) ?? (await this.#consume(session, until))
    } catch (error) {
      if (error instanceof BackfillError) return { kind: 'away', reason: error.message }
      throw error
    } finally {
      this.#again = undefined
      this.#isUp = false
    }
  }

  /** Ends the subscription, where the Topic is. */
  async unsubscribe(session: Session): Promise<void> {
    await unsubscribe(session, this.place.broker, this.place.node, this.#address(session), this.#subid)
  }

  /** that is subscribed: of this login alone, or of the account */
  #address({ address }: Session): string {
    return this.#options.liveOnly ? address.full : address.bare
  }

  /** A value: why it cannot be followed. */
  async #subscribe(session: Session): Promise<FollowEnd | undefined> {
    const joined = await joinTopic(session, this.#options)
    if (joined.kind !== 'joined') return joined
    this.place = joined.place
    this.#subid = joined.subid
    return undefined
  }

  async #consume(session: Session, signal: AbortSignal): Promise<FollowEnd> {
    const { clock, liveOnly, resyncMs } = this.#options
    const following: Following = { from: this.#past.of(session, signal, this.place, this.#subid), handed: new Map() }
    if (!liveOnly) {
      await this.#past.passOver(following.from, this.#queue, true)
      const failed = await this.#join(following, await this.#reread.settle())
      if (failed) return failed
    }
    if (signal.aborted) return again(0)
    this.#isUp = true
    this.#show()
    this.#resyncAt = clock.now() + resyncMs
    while (!signal.aborted) {
      const end = await this.#turn(following)
      if (end) return end
    }
    return again(0)
  }

  #show(): void {
    this.#options.up(this.#past.blind ?? (this.#bare >= BARE ? 'Its items come without a payload.' : null))
  }

  /** Does what comes first: take in what arrived, look for what was missed, or wait for either. A value: following ends. */
  async #turn(following: Following): Promise<FollowEnd | undefined> {
    const { clock, liveOnly, resyncMs, tell, topic } = this.#options
    if (this.#queue.overflowed) {
      tell('items-waiting', { topic })
      return again(0)
    }
    await this.#queue.gather(LIVE_BATCH, following.from.signal)
    const entries = this.#queue.take(LIVE_BATCH)
    if (entries.length > 0) return this.#takeIn(following, entries)
    following.handed = undefined
    this.#resyncAt = Math.min(this.#resyncAt, clock.now() + (this.#past.blind === null ? resyncMs : BLIND_LOOK))
    if (!liveOnly && clock.now() >= this.#resyncAt) return this.#resync(following)
    if (this.#reread.dueIn <= 0) return this.#readAgain(following)
    await this.#queue.wait(
      Math.min(Math.max(0, this.#resyncAt - clock.now()), this.#reread.dueIn),
      following.from.signal,
    )
    return undefined
  }

  async #takeIn(following: Following, entries: readonly LiveEntry[]): Promise<FollowEnd | undefined> {
    let done = false
    try {
      done = await this.#handOn(following, entries)
    } finally {
      // a Topic that keeps nothing will not give them a second time
      if (!done) this.#queue.putBack(entries)
    }
    return done ? undefined : this.#backOff()
  }

  /** Looks whether anything was missed without a sign. */
  async #resync({ from }: Following): Promise<FollowEnd | undefined> {
    const { clock, resyncMs } = this.#options
    this.#resyncAt = clock.now() + Math.min(resyncMs, this.#past.blind === null ? resyncMs : BLIND_LOOK)
    const look = await this.#past.look(from)
    if (look === 'suspicious') this.#resyncAt = Math.min(this.#resyncAt, clock.now() + SECOND_LOOK)
    return look === 'behind' ? again(0) : undefined
  }

  /** What was missed may be an item anew under its old id, which no list of ids shows. */
  async #readAgain(following: Following): Promise<FollowEnd | undefined> {
    following.handed = new Map()
    return this.#join(following, await this.#reread.begin())
  }

  /** Reads what is retained and unseen, or came behind `after`. A value: why it did not come to an end. */
  async #join({ from, handed }: Following, after: string | undefined): Promise<FollowEnd | undefined> {
    const lots = new LotsUnderWay()
    try {
      for await (const items of fetchRetained(from, await this.#past.unread(from, after), () => lots.end())) {
        if (lots.failed || from.signal.aborted) break
        const good = this.#usable(items)
        for (const item of good) handed?.set(item.id, digest(item.xml))
        await this.#reread.cursorKnown()
        if (good.length > 0) lots.begin(this.#deliver(good, true))
        await lots.room()
      }
    } finally {
      // whatever comes next, it does not come before these
      await lots.end()
    }
    if (lots.failed) return this.#backOff()
    return from.signal.aborted ? again(0) : undefined
  }

  /** False when the handlers could not take them. */
  async #handOn({ from, handed }: Following, entries: readonly LiveEntry[]): Promise<boolean> {
    const items: ReceivedItem[] = []
    for (const entry of entries) {
      if (entry.kind !== 'item') continue
      // XEP-0060 §7.1.2.2: a Topic that notifies without payloads
      const isBare = entry.item.xml === undefined && !entry.item.malformed && entry.item.id !== ''
      items.push(...(isBare ? await this.#fetchAnnounced(from, entry.item) : [entry.item]))
    }
    const fresh = notHandedOn(this.#usable(items), handed)
    const gone = entries.flatMap((entry) => (entry.kind === 'retracted' ? [entry.ids] : []))
    // what was the last one before these came
    if (gone.length > 0) await this.#past.gone(gone.flat())
    await this.#reread.cursorKnown()
    if (fresh.length > 0 && !(await this.#deliver(fresh, false))) return false
    const { handlers, topic } = this.#options
    if (gone.some((ids) => ids.length === 0)) handlers.cleared?.(topic)
    if (gone.flat().length > 0) handlers.retracted(topic, gone.flat())
    return true
  }

  async #fetchAnnounced(from: Retained, item: ReceivedItem): Promise<ReceivedItem[]> {
    try {
      const fetched: ReceivedItem[] = []
      for await (const items of fetchRetained(from, [item.id])) fetched.push(...items)
      return fetched
    } catch (error) {
      if (!(error instanceof BackfillError) || !error.permanent) throw error
      // nor will it be had later: its neighbours shall not wait for it
      this.#options.tell('item-unreadable', { topic: from.node, item: item.id, reason: error.message })
      return [item]
    }
  }

  #usable(items: readonly ReceivedItem[]): UsableItem[] {
    const { topic, tell } = this.#options
    const { good, bad } = sortOut(items)
    for (const { id } of bad) {
      this.#past.remember(id)
      tell('dropped-event', { reason: 'malformed', from: this.place.broker, topic, item: id })
    }
    const wasBare = this.#bare >= BARE
    this.#bare = good.length > 0 ? 0 : this.#bare + bad.filter(({ malformed }) => !malformed).length
    if (this.#isUp && this.#bare >= BARE !== wasBare) this.#show()
    return good
  }

  /** Called in Topic order. False: the handlers could not take them, and they stay unseen. */
  async #deliver(items: readonly UsableItem[], retained: boolean): Promise<boolean> {
    const { topic, handlers, tell } = this.#options
    try {
      await handlers.items(topic, gridItems(topic, items, retained))
      this.#failures = 0
      return true
    } catch (error) {
      tell('items-not-taken', { topic, items: items.length, reason: messageOf(error) })
      return false
    }
  }

  #backOff(): FollowEnd {
    this.#failures += 1
    return again(jitter(this.#options.clock, { min: 500, max: 30_000 }, this.#failures))
  }
}

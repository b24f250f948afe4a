import type { Tell } from '../../tell.ts'
import type { GridHandlers } from '../contract.ts'
import type { GridNews } from '../news.ts'
import type { Session } from '../xmpp/session.ts'
import { BackfillError, fetchRetained, listRetained, newestIds, type Retained } from './backfill.ts'
import type { LiveQueue } from './live-queue.ts'
import type { Place } from './place.ts'
import { isLostRight } from './rights.ts'

export interface PastOptions {
  readonly topic: string
  /** what it kept before it was first joined is passed over */
  readonly fromNow: () => boolean
  readonly handlers: GridHandlers
  readonly tell: Tell<GridNews>
}

/** retained items up to which a join reads all of them, seen or not: their content may be new */
const LOOK_AT_ALL = 1_000
/** how far back a resync looks before it lists everything */
const RESYNC_LOOK = 10
const REMEMBERED_FLAWS = 1_000

/** What a Broker keeps of one Topic, beside what was taken of it. */
export class Past {
  readonly #options: PastOptions
  /** ids that cannot be taken (too large, no payload): tried again at the next join, when they may have been mended */
  readonly #flawed = new Set<string>()
  /** was retracted or purged before our eyes: that it is gone is no gap */
  #seenGone: string | undefined
  #blind: string | null = null
  #keeps: boolean | undefined
  #suspects = new Set<string>()
  #gapTold: string | undefined

  constructor(options: PastOptions) {
    this.#options = options
  }

  /** Why what is retained cannot be read though the Broker keeps it; null when it can, or there is none. */
  get blind(): string | null {
    return this.#blind
  }

  /** The Topic is joined: what could not be had may be had now. `keeps`: whether it keeps items, where that is known. */
  begin(keeps: boolean | undefined): void {
    this.#flawed.clear()
    this.#keeps = keeps
  }

  /** All of it, or `ids`, were taken away before our eyes (XEP-0060 §7.2, §8.5, §8.4). */
  async gone(ids?: readonly string[]): Promise<void> {
    const { topic, handlers } = this.#options
    const last = (await handlers.cursor(topic))?.itemId
    if (last !== undefined && (ids === undefined || ids.includes(last))) this.#seenGone = last
  }

  /**
   * Takes note of what is kept, where reading begins now: before subscribing, so that what is published behind the list is not in it, and
   * what arrived live meanwhile is left to be read. Who may read only what it is subscribed to is asked once more when `joined`.
   */
  async passOver(from: Retained, live: LiveQueue, joined: boolean): Promise<void> {
    const { topic, fromNow, handlers, tell } = this.#options
    const { past } = handlers
    if (!fromNow() || past === undefined || !(await past.isDue(topic))) return
    const marks = new Map<string, string>()
    try {
      for await (const items of fetchRetained(from, await listRetained(from))) {
        for (const { id, xml } of items) if (xml !== undefined) marks.set(id, past.mark(xml))
      }
    } catch (error) {
      if (!(error instanceof BackfillError) || !error.permanent) throw error
      // who keeps nothing has no past
      if (!joined) return
    }
    if (live.overflowed) throw new BackfillError({ kind: 'timeout' }, 'Too much came while what it keeps was read')
    const arrived = live.ids()
    const kept = [...marks].filter(([id]) => !arrived.has(id))
    await past.pass(topic, kept)
    tell('retained-passed', { topic, items: kept.length })
  }

  /** Where it is read from. */
  of(session: Session, signal: AbortSignal, { broker, node }: Place, subid?: string): Retained {
    const { topic, tell } = this.#options
    return {
      session,
      broker,
      node,
      signal,
      subid,
      flawed: this.#flawed,
      oversized: (id) => {
        this.remember(id)
        tell('item-too-long', { topic, item: id })
        tell('dropped-event', { reason: 'oversized', from: broker })
      },
    }
  }

  /** Ids of what is retained and must be read, oldest first: unseen, or behind `after` [the cursor]. Tells of a gap. */
  async unread(from: Retained, after?: string): Promise<string[]> {
    const { topic, handlers, tell } = this.#options
    let ids: string[]
    try {
      ids = await listRetained(from)
    } catch (error) {
      if (!(error instanceof BackfillError) || !error.permanent) throw error
      // live is what there is: of a Broker that keeps nothing, or does not let us read
      tell('retained-unreadable', { topic, reason: error.message })
      this.#blind = isKeptFromUs(error) ? error.message : null
      // who keeps nothing never had what is not there
      if (error.error?.condition !== 'feature-not-implemented') await this.#tellGap([], new Set())
      return []
    }
    this.#blind = null
    const seen = await handlers.seenIds(topic, ids)
    await this.#tellGap(ids, seen)
    // an item may have been published anew under its old id: Prosody lists it behind the cursor then, ejabberd in its old place
    const cursor = ids.lastIndexOf(after ?? (await handlers.cursor(topic))?.itemId ?? '')
    const looked = ids.length <= LOOK_AT_ALL ? -1 : cursor
    const unread = ids.filter((id, i) => (!seen.has(id) || i > looked) && !this.#flawed.has(id))
    const news = unread.filter((id) => !seen.has(id)).length
    if (news > 0) tell('retained-read', { topic, retained: ids.length, unseen: news })
    return unread
  }

  /** Is anything among the newest items that was not seen (suspicious), and not at the last look either (behind)? */
  async look(from: Retained): Promise<'behind' | 'suspicious' | 'level'> {
    const wasBlind = this.#blind !== null
    const { topic, handlers, tell } = this.#options
    let ids: string[]
    try {
      ids = (await newestIds(from, RESYNC_LOOK)).filter((id) => !this.#flawed.has(id))
    } catch (error) {
      if (!(error instanceof BackfillError) || !error.permanent) throw error
      tell('newest-unreadable', { topic, reason: error.message })
      // a right that was lost: joining again says so
      return isKeptFromUs(error) && !wasBlind ? 'behind' : 'level'
    }
    if (wasBlind) return 'behind'
    const seen = await handlers.seenIds(topic, ids)
    const unseen = ids.filter((id) => !seen.has(id))
    const behind = unseen.some((id) => this.#suspects.has(id))
    // an item may be on its way to us right now
    this.#suspects = new Set(behind ? [] : unseen)
    if (behind) tell('items-missed', { topic })
    return behind ? 'behind' : unseen.length > 0 ? 'suspicious' : 'level'
  }

  /** An item that cannot be taken. */
  remember(id: string): void {
    if (id !== '' && this.#flawed.size < REMEMBERED_FLAWS) this.#flawed.add(id)
  }

  /** The last that was seen is not retained, and neither was the oldest that is: between them something may be lost. */
  async #tellGap(ids: readonly string[], seen: Set<string>): Promise<void> {
    const { topic, handlers, tell } = this.#options
    const cursor = await handlers.cursor(topic)
    if (!cursor || this.#seenGone === cursor.itemId || this.#gapTold === cursor.itemId || ids.includes(cursor.itemId))
      return
    // what is never there is not missed by its absence
    if (ids.length === 0 && this.#keeps === false) return
    // what cannot be taken is never seen
    const oldest = ids.find((id) => !this.#flawed.has(id))
    if (oldest !== undefined && seen.has(oldest)) return
    this.#gapTold = cursor.itemId
    tell('gap', { topic, after: cursor.itemId, before: ids[0] ?? null, retained: ids.length })
  }
}

function isKeptFromUs({ error }: BackfillError): boolean {
  return error !== undefined && isLostRight(error)
}

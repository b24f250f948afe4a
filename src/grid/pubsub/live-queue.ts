import { ENDED, systemClock } from '../../clock.ts'
import type { ReceivedItem } from './events.ts'

export type LiveEntry =
  | { readonly kind: 'item'; readonly item: ReceivedItem }
  /** without ids: all were */
  | { readonly kind: 'retracted'; readonly ids: readonly string[] }

/** ms in which what comes at a rate is gathered: each alone costs nearly twice as much as five together */
const GATHER = 100

/**
 * What arrived live and was not handed on yet, bounded by its size: over the bound it forgets everything and says so, and the
 * Topic is read again.
 */
export class LiveQueue {
  readonly #maxSize: number
  readonly #gatherMs: number
  #entries: LiveEntry[] = []
  #size = 0
  #overflowed = false
  /** ms, of performance.now: when the last one came, and the one that found nothing before it */
  #lastAt = Number.NEGATIVE_INFINITY
  #firstAt = Number.NEGATIVE_INFINITY
  /** that one came soon behind another: more may come soon behind it */
  #isFlow = false
  /** so many need not wait for more */
  #enough = 0
  #full = new AbortController()
  #wake: (() => void) | undefined

  /** `maxSize` in UTF-16 code units of payloads and ids */
  constructor(maxSize: number, gatherMs = GATHER) {
    this.#maxSize = maxSize
    this.#gatherMs = gatherMs
  }

  get overflowed(): boolean {
    return this.#overflowed
  }

  push(entry: LiveEntry): void {
    if (this.#overflowed) return
    this.#size += sizeOf(entry)
    if (this.#size > this.#maxSize) {
      this.#overflowed = true
      this.#entries = []
      this.#size = 0
    } else this.#add(entry)
    if (this.#overflowed || this.#entries.length >= this.#enough) this.#full.abort(ENDED)
    this.#wake?.()
  }

  #add(entry: LiveEntry): void {
    const now = performance.now()
    if (this.#entries.length === 0) {
      this.#firstAt = now
      this.#isFlow = now - this.#lastAt < this.#gatherMs
    }
    this.#lastAt = now
    this.#entries.push(entry)
  }

  /** What was taken and could not be handed on: it comes first again. */
  putBack(entries: readonly LiveEntry[]): void {
    if (this.#overflowed) return
    this.#entries.unshift(...entries)
    for (const entry of entries) this.#size += sizeOf(entry)
  }

  /** Ids of the items in it. */
  ids(): ReadonlySet<string> {
    return new Set(this.#entries.flatMap((entry) => (entry.kind === 'item' ? [entry.item.id] : [])))
  }

  clear(): void {
    this.#entries = []
    this.#size = 0
    this.#overflowed = false
  }

  /** Resolves at once, unless they come one soon behind the other and there may be more to take with these, up to `limit`, soon. */
  async gather(limit: number, signal: AbortSignal): Promise<void> {
    const rest = this.#firstAt + this.#gatherMs - performance.now()
    const count = this.#next(limit)
    const isOpen = count > 0 && count < limit && count === this.#entries.length
    if (!isOpen || !this.#isFlow || rest <= 0) return
    this.#enough = limit
    this.#full = new AbortController()
    await systemClock.sleep(rest, AbortSignal.any([signal, this.#full.signal]))
  }

  /** The next entries that may be handed on in any order, at most `limit`; empty when there are none. */
  take(limit: number): LiveEntry[] {
    const taken = this.#entries.splice(0, this.#next(limit))
    for (const entry of taken) this.#size -= sizeOf(entry)
    return taken
  }

  /**
   * Up to `limit`: of a Topic that keeps few, each item is followed by the retraction of another. None of them is about what another one
   * takes back.
   */
  #next(limit: number): number {
    const [items, gone] = [new Set<string>(), new Set<string>()]
    let isCleared = false
    let count = 0
    for (const entry of this.#entries) {
      if (count === limit) break
      if (entry.kind === 'item') {
        if (isCleared || gone.has(entry.item.id)) break
        items.add(entry.item.id)
      } else {
        if (entry.ids.length === 0 ? items.size > 0 : entry.ids.some((id) => items.has(id))) break
        isCleared ||= entry.ids.length === 0
        for (const id of entry.ids) gone.add(id)
      }
      count += 1
    }
    return count
  }

  /** Resolves when there is something, after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#entries.length > 0 || this.#overflowed || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      this.#wake = done
    })
  }

  /** Ends a `wait` early. */
  poke(): void {
    this.#wake?.()
  }
}

/** with what an entry itself takes, that all are gone too; an id mostly is a short one */
function sizeOf(entry: LiveEntry): number {
  const sizeOfId = (id: string) => Math.max(100, id.length)
  if (entry.kind === 'item') return (entry.item.xml?.length ?? 0) + 100 + sizeOfId(entry.item.id)
  return entry.ids.length === 0 ? 100 : entry.ids.reduce((size, id) => size + sizeOfId(id), 0)
}

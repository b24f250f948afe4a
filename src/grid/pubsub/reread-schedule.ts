import type { Clock } from '../../clock.ts'

/** ms between two, however often something is missed; and without any for so long, it begins anew */
const LONGEST = 3_600_000

/**
 * When a Topic's content is to be read again because something was missed that may have been an item anew under its old id: soon,
 * once for all that was missed until then, and ever later if it repeats. Whoever may publish can make us miss something.
 */
export class Reread {
  readonly #clock: Clock
  readonly #firstMs: number
  #missed: { readonly at: number; readonly cursor: Promise<string | undefined> } | undefined
  #pause: number
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, firstMs: number) {
    this.#clock = clock
    this.#firstMs = firstMs
    this.#pause = firstMs
  }

  /** Something was missed. `cursor` asks what has been taken last: nothing more may be taken before `cursorKnown`. */
  missed(cursor: () => Promise<string | undefined>): void {
    // behind what is in no list, all is read: nobody could say what was taken
    this.#missed ??= { at: this.#clock.now(), cursor: cursor().catch(() => '') }
  }

  /** Resolves when it is known what had been taken when something was missed, or nothing was missed. Never rejects. */
  async cursorKnown(): Promise<void> {
    await this.#missed?.cursor
  }

  /** ms until it is due; Infinity: nothing was missed. */
  get dueIn(): number {
    if (!this.#missed) return Number.POSITIVE_INFINITY
    const dueAt = Math.max(this.#missed.at + this.#firstMs, this.#lastAt + this.#pause)
    // the clock may have been set back
    return Math.min(Math.max(0, dueAt - this.#clock.now()), LONGEST)
  }

  /** It is read now: the cursor when the first of it was missed. */
  begin(): Promise<string | undefined> {
    const now = this.#clock.now()
    const repeats = now - this.#lastAt < this.#pause + LONGEST
    this.#pause = repeats ? Math.min(2 * this.#pause, LONGEST) : 2 * this.#firstMs
    this.#lastAt = now
    return this.settle()
  }

  /** It is read for another reason. */
  async settle(): Promise<string | undefined> {
    const cursor = this.#missed?.cursor
    this.#missed = undefined
    return cursor
  }
}

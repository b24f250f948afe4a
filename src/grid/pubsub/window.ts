/** Bytes that may always be under way: what the slowest line takes in a few seconds. */
const LEAST = 16_384
/** Bytes at the beginning, when nothing is known of the line. */
export const FIRST = 32_768
/** Bytes at most: more would not make any line faster. */
const MOST = 1_048_576

/** ms from writing to reading: below, the line has room for more; above, what waits in it waits too long */
const QUICK = 1_000
const SLOW = 3_000

/** s that what is under way may need, at the rate that was seen */
const FILL = 2

/**
 * How many bytes may be written that nobody is known to have read: so many as the line takes in about a second. Buffers take more than
 * any reader, so it grows only with what was read quickly, and shrinks to the measured rate.
 */
export class Window {
  #size = FIRST

  get size(): number {
    return this.#size
  }

  /** Something of `bytes` was read `ms` after it was written. `rate` in bytes/s, where it is known. */
  took(bytes: number, ms: number, rate: number | undefined): void {
    // one by one they tell how long an answer takes, and not what the line takes: that is seen as it is filled
    const most = rate === undefined ? MOST : Math.min(MOST, Math.max(FIRST, FILL * rate))
    if (ms <= QUICK) this.#size = Math.min(most, this.#size + bytes)
    else if (ms > SLOW && rate !== undefined) this.#size = Math.max(LEAST, Math.min(this.#size, rate))
  }
}

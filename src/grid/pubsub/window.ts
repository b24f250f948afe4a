/** Bytes that may always be under way: what the slowest line takes in a few seconds. */
const LEAST = 16_384
/** Bytes at the beginning, when nothing is known of the line. */
const FIRST = 32_768
/** Bytes at most: more would not make any line faster. */
const MOST = 1_048_576

/** ms from writing to reading: below, the line has room for more; above, what waits in it waits too long */
const QUICK = 1_000
const SLOW = 3_000

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
    if (ms <= QUICK) this.#size = Math.min(MOST, this.#size + bytes)
    else if (ms > SLOW && rate !== undefined) this.#size = Math.max(LEAST, Math.min(this.#size, rate))
  }
}

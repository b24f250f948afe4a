/** Pieces from which on their size is looked at. */
export const PIECES = 1024
/** bytes that a piece must have on average: each costs some 400 bytes of memory and 2 µs, whatever is in it */
export const LEAST = 64
/** bytes of the first buffer, and how many times as large each next one is */
const FIRST = 4096
const TIMES = 4
const EMPTY = new Uint8Array(0)

/** Counts what comes in pieces, to notice who sends one byte at a time. */
export class Pieces {
  #count = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Whether there are very many by now, and nearly nothing in them. */
  crumble(length: number): boolean {
    this.#count += 1
    this.#bytes += length
    return this.#count > PIECES && this.#bytes < this.#count * LEAST
  }
}

/**
 * Bytes of a stranger, copied into one buffer that grows with them up to `limit`: no piece stays behind. What it grows out of is free at
 * once: left to the garbage collector, a peer's large messages stop the thread for all others again and again.
 */
export class BoundedBytes {
  readonly #limit: number
  readonly #expected: number
  readonly #pieces = new Pieces()
  #buffer = EMPTY
  #size = 0

  /** `expected`: how many there are said to be. */
  constructor(limit: number, expected = limit) {
    this.#limit = limit
    this.#expected = Math.min(expected, limit)
  }

  get size(): number {
    return this.#size
  }

  /** Undefined: taken. Otherwise why no more is wanted, and what there was is forgotten. */
  add(piece: Uint8Array): 'too-large' | 'crumbs' | undefined {
    const size = this.#size + piece.length
    const over = size > this.#limit ? 'too-large' : this.#pieces.crumble(piece.length) ? 'crumbs' : undefined
    if (over !== undefined) {
      this.#resize(0)
      this.#size = 0
      return over
    }
    if (size > this.#buffer.length) this.#resize(this.#roomFor(size))
    this.#buffer.set(piece, this.#size)
    this.#size = size
    return undefined
  }

  /** All of it, once: nothing is left here. */
  take(): Uint8Array {
    this.#resize(this.#size)
    const taken = this.#buffer
    this.#buffer = EMPTY
    this.#size = 0
    return taken
  }

  /** What is said to come is believed as little by little as it comes. */
  #roomFor(size: number): number {
    const room = Math.max(FIRST, size, this.#buffer.length * TIMES)
    return Math.min(room, size <= this.#expected ? this.#expected : this.#limit)
  }

  #resize(size: number): void {
    if (size === this.#buffer.length) return
    this.#buffer = this.#buffer === EMPTY ? new Uint8Array(size) : new Uint8Array(this.#buffer.buffer.transfer(size))
  }
}

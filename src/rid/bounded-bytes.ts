/** Pieces from which on their size is looked at. */
export const PIECES = 1024
/** bytes that a piece must have on average: each costs some 400 bytes of memory and 2 µs, whatever is in it */
export const LEAST = 64
/** bytes of the first buffer */
const FIRST = 1024

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

/** Bytes of a stranger, copied into one buffer that grows with them up to `limit`: no piece stays behind. */
export class BoundedBytes {
  readonly #limit: number
  readonly #pieces = new Pieces()
  #buffer = Buffer.alloc(0)
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  /** Undefined: taken. Otherwise why no more is wanted, and what there was is forgotten. */
  add(piece: Uint8Array): 'too-large' | 'crumbs' | undefined {
    const size = this.#size + piece.length
    const over = size > this.#limit ? 'too-large' : this.#pieces.crumble(piece.length) ? 'crumbs' : undefined
    if (over !== undefined) {
      this.#buffer = Buffer.alloc(0)
      this.#size = 0
      return over
    }
    if (size > this.#buffer.length) this.#grow(size)
    this.#buffer.set(piece, this.#size)
    this.#size = size
    return undefined
  }

  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#size)
  }

  #grow(size: number): void {
    const room = Math.min(this.#limit, Math.max(FIRST, size, this.#buffer.length * 2))
    const next = Buffer.allocUnsafeSlow(room)
    next.set(this.#buffer.subarray(0, this.#size))
    this.#buffer = next
  }
}

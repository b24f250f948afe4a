/** Bytes that deliveries may have on average: so many times this a peer may have, as the queue of one Topic may have deliveries. */
const EACH = 16_384
/** ms between two looks at what a peer has, while it has too much: looking takes as long as it has many */
const AGAIN = 1_000

interface ByteSharesOptions {
  /** deliveries that the queue of a Topic may have: as it is in force each time it is read */
  readonly maxQueue: number
  /** bytes that a peer has in all queues */
  readonly measure: (peer: string) => Promise<number>
  readonly now: () => number
}

/**
 * How many bytes of each peer wait to be published: few large reports fill a disk as well as very many small ones. What was measured
 * once is added to, and measured again only where it seems too much: what went out since is not known.
 */
export class ByteShares {
  readonly #options: ByteSharesOptions
  readonly #known = new Map<string, { bytes: number; at: number }>()

  constructor(options: ByteSharesOptions) {
    this.#options = options
  }

  /** Is there room for so many bytes more? Then they count. Whoever has nothing has room for anything. */
  async take(peer: string, bytes: number): Promise<boolean> {
    const { measure, now, maxQueue } = this.#options
    const most = maxQueue * EACH
    let known = this.#known.get(peer)
    const isOver = known !== undefined && known.bytes + bytes > most
    if (known === undefined || (isOver && now() - known.at >= AGAIN)) {
      known = { bytes: await measure(peer), at: now() }
      this.#known.set(peer, known)
    }
    if (known.bytes > 0 && known.bytes + bytes > most) return false
    known.bytes += bytes
    return true
  }
}

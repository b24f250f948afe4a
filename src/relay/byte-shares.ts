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

/** What a peer has, or less: how much when it was measured, and what came since. */
interface Share {
  bytes: number
  readonly at: number
}

/**
 * How many bytes of each peer wait to be published: few large reports fill a disk as well as very many small ones. What was measured
 * once is added to, and measured again only where it seems too much: what went out since is not known.
 */
export class ByteShares {
  readonly #options: ByteSharesOptions
  readonly #known = new Map<string, Share>()

  constructor(options: ByteSharesOptions) {
    this.#options = options
  }

  /** Is there room for so many bytes more? Then they count. Whoever has nothing has room for anything. */
  take(peer: string, bytes: number): boolean | Promise<boolean> {
    const { now } = this.#options
    const known = this.#known.get(peer)
    const isOver = known !== undefined && known.bytes + bytes > this.#most
    const isKnown = known !== undefined && (!isOver || now() - known.at < AGAIN)
    return isKnown ? this.#takeOf(known, bytes) : this.#measured(peer).then((anew) => this.#takeOf(anew, bytes))
  }

  get #most(): number {
    return this.#options.maxQueue * EACH
  }

  async #measured(peer: string): Promise<Share> {
    const { measure, now } = this.#options
    const share = { bytes: await measure(peer), at: now() }
    this.#known.set(peer, share)
    return share
  }

  #takeOf(share: Share, bytes: number): boolean {
    if (share.bytes > 0 && share.bytes + bytes > this.#most) return false
    share.bytes += bytes
    return true
  }
}

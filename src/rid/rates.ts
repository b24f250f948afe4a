/** owners that are remembered; more than there are peers */
const MOST = 10_000
const MINUTE = 60_000

/** How much each used of so much a minute: what was used runs off evenly, so that whoever waits long enough has the whole minute again. */
export class Rates {
  readonly #now: () => number
  /** who used something last comes last */
  readonly #used = new Map<string, { amount: number; at: number }>()
  #last: string | undefined

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /**
   * 0, and it is taken; or ms until it can be, and nothing is taken. What is more than a whole minute's is taken once nothing else was:
   * else it never could.
   */
  take(owner: string, amount: number, perMinute: number): number {
    const used = this.#usedBy(owner, perMinute)
    const over = used + Math.min(amount, perMinute) - perMinute
    // less than a thousandth is but what floating point leaves
    if (over > 0.001) return (over / perMinute) * MINUTE
    this.#keep(owner, used + amount)
    return 0
  }

  /** What was used before anybody could ask. */
  used(owner: string, amount: number, perMinute: number): void {
    this.#keep(owner, this.#usedBy(owner, perMinute) + amount)
  }

  #usedBy(owner: string, perMinute: number): number {
    const last = this.#used.get(owner)
    if (last === undefined) return 0
    return Math.max(0, last.amount - ((this.#now() - last.at) / MINUTE) * perMinute)
  }

  #keep(owner: string, amount: number): void {
    const known = this.#used.get(owner)
    const at = this.#now()
    if (known !== undefined && owner === this.#last) {
      known.amount = amount
      known.at = at
      return
    }
    this.#last = owner
    this.#used.delete(owner)
    this.#used.set(owner, { amount, at })
    if (this.#used.size <= MOST) return
    const [oldest] = this.#used.keys()
    if (oldest !== undefined) this.#used.delete(oldest)
  }
}

/** Bytes/s below which something holds the line back: stock limits of servers are 3,000 and 10,000. */
const SLOW = 50_000
/** ms that publications wait in a row before it is told, and that nothing has waited before it is over */
const PATIENCE = 6_000
const OVER = 60_000

/** Notices that a Controller takes bytes so slowly that publications wait for it. */
export class Pace {
  #waitingSince: number | undefined
  #waitedAt = Number.NEGATIVE_INFINITY
  #told: number | undefined

  /**
   * How it is at `now` (ms): `rate` in bytes/s, where it is known. What to tell is a number of bytes/s while it is slow, else undefined.
   */
  look(now: number, { rate, isWaiting }: { readonly rate: number | undefined; readonly isWaiting: boolean }) {
    if (isWaiting) {
      this.#waitingSince ??= now
      this.#waitedAt = now
    } else this.#waitingSince = undefined
    const isSlow = rate !== undefined && rate < SLOW
    if (!isSlow || now - this.#waitedAt > OVER) this.#told = undefined
    else if (this.#waitingSince !== undefined && now - this.#waitingSince >= PATIENCE) this.#told = this.#tell(rate)
    return this.#told
  }

  /** Two digits, and another number only when it is another pace: it is a measurement. */
  #tell(rate: number): number {
    const told = this.#told
    if (told !== undefined && rate > told * 0.7 && rate < told * 1.4) return told
    return Number(rate.toPrecision(2))
  }
}

/** What an operator can do about it. */
export function slowReason(rate: number): string {
  const bytes = rate.toLocaleString('en')
  return `The Controller takes ${bytes} bytes/s: free this account from its rate limit (Prosody unlimited_jids, ejabberd c2s_shaper).`
}

/** Work for networks that is done at once, of one network, and in all; what may wait, of each and in all. */
interface TurnLimits {
  readonly atOnce: number
  readonly waitingEach: number
  readonly waiting: number
}

interface Waiting {
  readonly network: string
  readonly isKnown: boolean
  readonly begin: () => void
}

/**
 * Turns at dear work: one at a time for each network, few in all, and the networks take turns. Those that a peer is known to come from go
 * first, and are not among those that all together may be too many.
 */
export class Turns {
  readonly #limits: TurnLimits
  readonly #busy = new Set<string>()
  #waiting: Waiting[] = []

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }

  /** What `work` resolves with, in its turn; undefined, at once, where too many wait. Rejects as it does. */
  take<T>(network: string, isKnown: boolean, work: () => Promise<T>): Promise<T> | undefined {
    const own = this.#waiting.filter((one) => one.network === network).length
    const all = this.#waiting.filter((one) => !one.isKnown).length
    if (own >= this.#limits.waitingEach || (!isKnown && all >= this.#limits.waiting)) return undefined
    const turn = Promise.withResolvers<void>()
    this.#waiting.push({ network, isKnown, begin: turn.resolve })
    const done = turn.promise.then(work).finally(() => {
      this.#busy.delete(network)
      this.#go()
    })
    this.#go()
    return done
  }

  #go(): void {
    while (this.#busy.size < this.#limits.atOnce) {
      const free = this.#waiting.filter(({ network }) => !this.#busy.has(network))
      const next = free.find(({ isKnown }) => isKnown) ?? free[0]
      if (next === undefined) return
      this.#busy.add(next.network)
      // the others of this network stand behind everybody else's
      const others = this.#waiting.filter((one) => one !== next)
      this.#waiting = [
        ...others.filter(({ network }) => network !== next.network),
        ...others.filter(({ network }) => network === next.network),
      ]
      next.begin()
    }
  }
}

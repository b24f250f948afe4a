/** ms that nothing gets through to a Topic, until another gateway is to try */
const PATIENCE = 30_000
/** ms for which it is left to another, at first, and at most */
const FIRST = 300_000
const LONGEST = 3_600_000
/** So many, with nothing that got through between them, are more than one item's own. */
const SEVERAL = 2

/** Topics of which the Broker takes nothing from this gateway: it may be the fault of the node that it is logged in to. */
export class FailingTopics {
  readonly #failing = new Map<string, { readonly since: number; readonly times: number }>()
  readonly #left = new Map<string, { readonly until: number; readonly pause: number }>()

  /** The Broker took something, or answered. */
  answered(topic: string): void {
    this.#failing.delete(topic)
    this.#left.delete(topic)
  }

  /** An attempt that had begun then, in ms since the epoch, failed, and may go well another time. */
  failed(topic: string, began: number): void {
    const { since = began, times = 0 } = this.#failing.get(topic) ?? {}
    this.#failing.set(topic, { since, times: times + 1 })
  }

  /** What was learnt is of a session that is over. */
  forget(): void {
    this.#failing.clear()
    this.#left.clear()
  }

  /** What `left` says from now on: with those that have failed for long enough and that somebody else may have. */
  leave(now: number, mayLeave: (topic: string) => boolean): string[] {
    for (const [topic, { since, times }] of this.#failing) {
      if (now - since < PATIENCE || times < SEVERAL || !mayLeave(topic)) continue
      const pause = Math.min(LONGEST, 2 * (this.#left.get(topic)?.pause ?? FIRST / 2))
      this.#left.set(topic, { until: now + pause, pause })
      this.#failing.delete(topic)
    }
    return this.left(now)
  }

  left(now: number): string[] {
    return [...this.#left].flatMap(([topic, { until }]) => (until > now ? [topic] : [])).toSorted()
  }
}

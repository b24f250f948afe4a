/**
 * Calls `go` once for all that comes within one turn of the event loop. With `ms`, while several go together at a time, it waits so long at
 * most until there are as many again.
 */
export class Gathering {
  readonly #go: () => void
  readonly #ms: number | undefined
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  #waiting = 0
  #lately = 0

  constructor(go: () => void, ms: number | undefined) {
    this.#go = go
    this.#ms = ms
  }

  /** One more came, so that so many wait. */
  came(waiting: number): void {
    this.#waiting = waiting
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      const isEnough = this.#ms === undefined || this.#lately < 2 || this.#waiting >= this.#lately
      if (isEnough) this.#now()
      else this.#timer ??= setTimeout(() => this.#now(), this.#ms)
    })
  }

  /** So many went together. */
  went(count: number): void {
    this.#lately = count
  }

  #now(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#go()
  }
}

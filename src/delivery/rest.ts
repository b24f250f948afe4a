import { type Clock, ENDED } from '../clock.ts'

/** The wait of one who is woken hundreds of times a second: it costs a promise, and a timer only where a time counts. */
export class Rest {
  readonly #clock: Clock
  #wake: (() => void) | undefined
  #until: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** ms since the epoch at which it ends by itself; undefined where it does not, and while nobody waits. */
  get until(): number | undefined {
    return this.#until
  }

  /** Resolves once it is ended, or at `until` (ms since the epoch). One at a time. */
  async begin(until?: number): Promise<void> {
    const timer = until === undefined ? undefined : new AbortController()
    this.#until = until
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (timer === undefined || until === undefined) return
      void this.#clock.sleep(until - this.#clock.now(), timer.signal).then(resolve)
    })
    this.#wake = undefined
    this.#until = undefined
    timer?.abort(ENDED)
  }

  /** Whoever waits goes on, once for all who say so in this turn of the event loop. */
  end(): void {
    const wake = this.#wake
    if (wake === undefined) return
    this.#wake = undefined
    setImmediate(wake)
  }
}

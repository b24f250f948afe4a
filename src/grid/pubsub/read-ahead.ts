/** asked for at once */
const WINDOW = 32
/** asked for, and not taken yet */
const AHEAD = 64
/** of the answers that wait; what is under way comes to it */
const SIZE = 1_048_576
/** taken at once */
const LOT = 32
/** so many are taken while the taker has others in hand: each by itself is dearer */
const MANY = 16

interface Asked<Answer> {
  readonly key: string
  outcome: { readonly answer: Answer } | { readonly error: unknown } | undefined
}

/** What came of each key. */
interface Answered<Answer> {
  readonly key: string
  readonly answer: Answer
}

/**
 * Asks for each of the keys by itself, many at a time, and goes on asking while what came is worked on. Both are bounded, by the number
 * and by the size of what waits.
 */
export class ReadAhead<Answer> {
  readonly #keys: readonly string[]
  readonly #ask: (key: string) => Promise<Answer>
  readonly #sizeOf: (answer: Answer) => number
  /** in the order of the keys; the first `ready` of them are answered */
  #asked: Asked<Answer>[] = []
  #ready = 0
  #next = 0
  #open = 0
  #size = 0
  #isOver = false
  #wake: (() => void) | undefined

  constructor(keys: readonly string[], ask: (key: string) => Promise<Answer>, sizeOf: (answer: Answer) => number) {
    this.#keys = keys
    this.#ask = ask
    this.#sizeOf = sizeOf
  }

  /**
   * The next answers, in the order of the keys; none: that was all. Until `idle` resolves only where there are many. Rejects as the
   * question did whose turn it is, once all before it are taken.
   */
  async take(idle: Promise<unknown> = Promise.resolve()): Promise<Answered<Answer>[]> {
    this.#fill()
    await this.#until(1)
    await Promise.race([idle, this.#until(MANY)])
    const lot: Answered<Answer>[] = []
    let size = 0
    for (const { key, outcome } of this.#asked.slice(0, Math.min(LOT, this.#ready))) {
      if (outcome === undefined || size >= SIZE) break
      if ('error' in outcome) {
        if (lot.length === 0) throw outcome.error
        break
      }
      lot.push({ key, answer: outcome.answer })
      size += this.#sizeOf(outcome.answer)
    }
    this.#asked.splice(0, lot.length)
    this.#ready -= lot.length
    this.#size -= size
    this.#fill()
    return lot
  }

  /** Nothing more is asked for. */
  stop(): void {
    this.#isOver = true
  }

  #fill(): void {
    while (!this.#isOver && this.#open < WINDOW && this.#asked.length < AHEAD && this.#size < SIZE) {
      const key = this.#keys[this.#next]
      if (key === undefined) return
      this.#next += 1
      this.#open += 1
      const asked: Asked<Answer> = { key, outcome: undefined }
      this.#asked.push(asked)
      this.#ask(key).then(
        (answer) => {
          asked.outcome = { answer }
          this.#size += this.#sizeOf(answer)
          this.#answered()
        },
        (error: unknown) => {
          asked.outcome = { error }
          this.stop()
          this.#answered()
        },
      )
    }
  }

  #answered(): void {
    this.#open -= 1
    while (this.#asked[this.#ready]?.outcome !== undefined) this.#ready += 1
    this.#fill()
    this.#wake?.()
  }

  /** Resolves when so many can be taken, or as many as there will be for now. */
  #until(count: number): Promise<void> {
    const isEnough = () => this.#ready >= count || this.#open === 0
    if (isEnough()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = () => {
        if (isEnough()) resolve()
      }
    })
  }
}

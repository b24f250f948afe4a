import type { createFuzzReader } from './fuzz-reader.ts'
import type { createFailures } from './proof.ts'

/** ms of CPU that one input may take, on any machine */
const DEAREST = 5_000
/** MiB that the process may grow by between the first quarter of its inputs and its end, where there are so many that it is warm by then */
const GROWTH = 200
const WARM = 100_000

type Failures = ReturnType<typeof createFailures>
type FuzzReader = ReturnType<typeof createFuzzReader>

/** What a run of so many inputs costs: memory, CPU, and what nobody may throw. */
export class Watch implements Disposable {
  readonly #count: number
  readonly #failures: Failures
  readonly #reader: FuzzReader
  #atFirst = 0

  constructor(count: number, failures: Failures, reader: FuzzReader) {
    this.#count = count
    this.#failures = failures
    this.#reader = reader
    process.on('unhandledRejection', this.#rejected)
  }

  /** So many inputs were looked at. */
  at(n: number): void {
    if (this.#atFirst === 0 && n >= this.#count / 4) this.#atFirst = resident()
  }

  /** The figures; what is too much of them is a failure. */
  end(): Record<string, number> {
    const { slowest, thrown } = this.#reader
    for (const what of thrown) this.#failures.add('a reader threw', what)
    if (slowest.ms > DEAREST) this.#failures.add('CPU', `${Math.round(slowest.ms)} ms for ${slowest.input}`)
    const now = resident()
    if (this.#count >= WARM && now - this.#atFirst > GROWTH) {
      this.#failures.add('memory', `${this.#atFirst} MiB after a quarter, ${now} MiB at the end`)
    }
    return {
      'ms of CPU for the dearest look': Math.round(slowest.ms),
      'MiB after a quarter of them': this.#atFirst,
      'MiB at the end': now,
    }
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#rejected)
  }

  readonly #rejected = (error: unknown) => this.#failures.add('unhandled rejection', String(error))
}

/** MiB */
export function resident(): number {
  return Math.round(process.memoryUsage.rss() / 1_048_576)
}

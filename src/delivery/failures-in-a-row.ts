import type { AttemptOutcome } from './attempt.ts'

/** So many, with nothing that got through between them, are more than one message's own. */
const SEVERAL = 2

/** What fails one by one at a destination that answers: a peer that has 500 for everything. */
export class FailuresInARow {
  #found: { readonly times: number; readonly since: number; readonly reason: string } | null = null

  /** `now` in ms since the epoch */
  learn(outcome: AttemptOutcome, now: number): void {
    if (outcome.kind === 'stopped') return
    // what is refused for good was read, and answered
    const failed = outcome.kind === 'retry' && !outcome.othersPass
    const { times = 0, since = now } = this.#found ?? {}
    this.#found = failed ? { times: times + 1, since, reason: outcome.reason } : null
  }

  /** Null while they may be one message's own. */
  read(): { readonly since: number; readonly reason: string } | null {
    return this.#found !== null && this.#found.times >= SEVERAL ? this.#found : null
  }
}

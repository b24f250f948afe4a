import { fullJitter, STORE_BACKOFF } from '../backoff.ts'
import { type Clock, ENDED } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { EngineNews } from '../events/engine.ts'
import type { Queue } from '../store/contract.ts'
import type { Tell } from '../tell.ts'
import type { Verdict } from './verdict.ts'

export interface Keeper {
  /**
   * Writes what became of an attempt, for as long as it takes; then tells it. Resolves without having written only when
   * `giveUp` aborts: the leases stay and the next start sends again, which is said in the log. `mayWait`: for a little while, so that
   * several share what each would cost alone.
   */
  keep(verdict: Verdict, mayWait?: boolean): Promise<void>
  /** Writes at once what waits for others. */
  hurry(): void
}

/** So many wait for one another at most, and for so many ms. */
const LOT = 16
const PATIENCE = 50

interface Waiting {
  readonly verdict: Verdict
  readonly done: (written: Promise<void>) => void
}

export function createKeeper(
  { store, clock, tell }: { store: Pick<Queue, 'settle'>; clock: Clock; tell: Tell<EngineNews> },
  giveUp: AbortSignal,
): Keeper {
  let waiting: Waiting[] = []
  let enough = new AbortController()

  function join(verdict: Verdict): Promise<void> {
    const written = new Promise<void>((done) => waiting.push({ verdict, done }))
    if (waiting.length === 1) {
      enough = new AbortController()
      const { signal } = enough
      void clock.sleep(PATIENCE, signal).then(() => signal.aborted || hurry())
    } else if (waiting.length === LOT) hurry()
    return written
  }

  function hurry(): void {
    const lot = waiting
    if (lot.length === 0) return
    waiting = []
    enough.abort(ENDED)
    const all = write({
      settlements: lot.flatMap(({ verdict }) => verdict.settlements),
      happenings: lot.flatMap(({ verdict }) => verdict.happenings),
    })
    // one of them that the store does not take stops no other
    for (const { verdict, done } of lot)
      done(
        all.then(
          () => tellAll(verdict),
          () => keep(verdict),
        ),
      )
  }

  async function write({ settlements, happenings }: Verdict): Promise<void> {
    await store.settle(
      settlements,
      happenings.flatMap((happening) => happening.trace),
    )
  }

  async function keep(verdict: Verdict): Promise<void> {
    const about = aboutOf(verdict)
    for (let failures = 1; ; failures++) {
      try {
        await write(verdict)
        if (failures > 1) tell('outcome-stored-late', { outcomes: about, failures })
        break
      } catch (error) {
        const fields = { outcomes: about, failures, err: error, reason: messageOf(error) }
        if (giveUp.aborted) {
          tell('outcome-abandoned', fields)
          return
        }
        tell('outcome-not-stored', fields)
        await clock.sleep(fullJitter(failures, STORE_BACKOFF, clock.random), giveUp)
      }
    }
    tellAll(verdict)
  }

  function tellAll(verdict: Verdict): void {
    for (const happening of verdict.happenings) {
      try {
        happening.tell()
      } catch (error) {
        tell('outcome-untold', { outcomes: aboutOf(verdict), err: error })
      }
    }
  }

  return { keep: (verdict, mayWait = false) => (mayWait ? join(verdict) : keep(verdict)), hurry }
}

function aboutOf({ settlements }: Verdict) {
  return settlements.map(({ id, to }) => ({ delivery: id, to }))
}

import { fullJitter, STORE_BACKOFF } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { EngineNews } from '../events/engine.ts'
import type { Queue } from '../store/contract.ts'
import type { Tell } from '../tell.ts'
import type { Verdict } from './verdict.ts'

export interface Keeper {
  /**
   * Writes what became of an attempt, for as long as it takes; then tells it. Resolves without having written only when
   * `giveUp` aborts: the leases stay and the next start sends again, which is said in the log.
   */
  keep(verdict: Verdict): Promise<void>
}

export function createKeeper(
  { store, clock, tell }: { store: Pick<Queue, 'settle'>; clock: Clock; tell: Tell<EngineNews> },
  giveUp: AbortSignal,
): Keeper {
  return {
    async keep({ settlements, happenings }) {
      const trace = happenings.flatMap((happening) => happening.trace)
      const about = settlements.map(({ id, to }) => ({ delivery: id, to }))
      for (let failures = 1; ; failures++) {
        try {
          await store.settle(settlements, trace)
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
      for (const happening of happenings) {
        try {
          happening.tell()
        } catch (error) {
          tell('outcome-untold', { outcomes: about, err: error })
        }
      }
    },
  }
}

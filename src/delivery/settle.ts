import { fullJitter, STORE_BACKOFF } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/contract.ts'
import type { Verdict } from './verdict.ts'

export interface Keeper {
  /**
   * Writes what became of an attempt, for as long as it takes; then tells it. Resolves without having written only when
   * `giveUp` aborts: the leases stay and the next start sends again, which is said in the log.
   */
  keep(verdict: Verdict): Promise<void>
}

export function createKeeper(
  { store, clock, log }: { store: Pick<Store, 'settle'>; clock: Clock; log: Logger },
  giveUp: AbortSignal,
): Keeper {
  return {
    async keep({ settlements, happenings }) {
      const trace = happenings.flatMap((happening) => happening.trace)
      const about = settlements.map(({ id, to }) => ({ delivery: id, to }))
      for (let failures = 1; ; failures++) {
        try {
          await store.settle(settlements, trace)
          if (failures > 1) log.info({ outcomes: about, failures }, 'Outcome of deliveries stored at last')
          break
        } catch (error) {
          const fields = { outcomes: about, failures, err: error, reason: messageOf(error) }
          if (giveUp.aborted) {
            log.error(fields, 'Outcome of deliveries could not be stored: they will be sent again')
            return
          }
          log.error(fields, 'Outcome of deliveries could not be stored and will be tried again')
          await clock.sleep(fullJitter(failures, STORE_BACKOFF, clock.random), giveUp)
        }
      }
      for (const happening of happenings) {
        try {
          happening.tell()
        } catch (error) {
          log.error({ outcomes: about, err: error }, 'Outcome of deliveries is stored but could not be told')
        }
      }
    },
  }
}

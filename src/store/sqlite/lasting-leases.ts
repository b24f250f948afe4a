import type { Clock } from '../../clock.ts'
import { type Leases, SHORT } from './leases.ts'

/** Has leases written that last, also where nothing else is. */
interface LastingLeases extends Disposable {
  /** One was taken. */
  taken(): void
}

/** `commit`: any transaction, which writes them. */
export function createLastingLeases(leases: Leases, clock: Clock, commit: () => Promise<unknown>): LastingLeases {
  const end = new AbortController()
  let isWatched = false

  async function watch(): Promise<void> {
    isWatched = true
    while (leases.all().length > 0 && !end.signal.aborted) {
      await clock.sleep(SHORT, end.signal)
      if (end.signal.aborted || leases.lasting(clock.now()).length === 0) continue
      // whoever sends them meets what is wrong with the store, and says so
      await commit().catch(() => {})
    }
    isWatched = false
  }

  return {
    taken() {
      if (!isWatched) void watch()
    },
    [Symbol.dispose]: () => end.abort(),
  }
}

import type { Clock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import type { Events } from '../events.ts'
import type { Archive } from '../store/archive.ts'
import type { TraceOfDeed, Upkeep } from '../store/contract.ts'
import type { Exchanges } from '../store/exchanges.ts'

interface PruneParts {
  readonly store: Pick<Upkeep, 'prune'> & Pick<Archive, 'forgetBefore'> & Pick<Exchanges, 'forgetExchanges'>
  readonly clock: Pick<Clock, 'now'>
  readonly config: Pick<Config, 'archive'>
  readonly events: Pick<Events, 'discarded' | 'storeFailed' | 'tell'>
}

/** of some hundred rows: more than comes in meanwhile */
const STEPS = 2_000
/** ms that a question is kept for once it is closed: as long as the trace of it */
const EXCHANGES_KEPT = 400 * 86_400_000

/** Drops from the store what is old. Never rejects. */
export async function prune({ store, clock, events, config }: PruneParts): Promise<void> {
  try {
    const by = 'iodef-gateway'
    const trace: TraceOfDeed = (one) => events.discarded(one, { by, was: one.state }).trace
    const now = clock.now()
    const rows =
      (await store.prune(now, STEPS, trace)) +
      (await store.forgetBefore(now - config.archive.keep)) +
      (await store.forgetExchanges(now - EXCHANGES_KEPT))
    if (rows > 0) events.tell('pruned', { rows })
  } catch (error) {
    events.storeFailed('prune', error)
  }
}

import { GatewayError } from '../errors.ts'
import type { Desk, QueueFilter, Tally } from '../store/contract.ts'

/** groups that are in memory at once */
const MOST = 20_000

/**
 * Deliveries as the store counts them, the oldest first; of a group there may be more later on. Where nearly each has a reason of its own, so
 * that they are not fewer when they are counted, or there are more than are counted in the time that one question may take, the queue is gone
 * through a thousand at a time.
 */
export async function* tallied(
  store: Pick<Desk, 'tally' | 'pages'>,
  filter: QueueFilter,
  times: readonly number[],
): AsyncGenerator<readonly Tally[], void, void> {
  const counted = await store.tally(filter, times, MOST).catch((error: unknown) => {
    // where it is not for the time that it took, the first page says so
    if (error instanceof GatewayError && error.permanence === 'transient') return 'too-many' as const
    throw error
  })
  if (counted !== 'too-many') return yield counted
  for await (const rows of store.pages(filter)) {
    yield rows.map(({ kind, destination, state, reason, createdAt }) => {
      const age = times.filter((time) => createdAt <= time).length
      return { kind, destination, state, reason, age, count: 1, oldest: createdAt }
    })
  }
}

import type { Desk, QueueFilter, Tally } from '../store/contract.ts'

/** groups that are in memory at once */
const MOST = 20_000

/**
 * Deliveries as the store counts them, the oldest first; of a group there may be more later on. Where nearly each has a reason of its own, so
 * that they are not fewer when they are counted, the queue is gone through a thousand at a time.
 */
export async function* tallied(
  store: Pick<Desk, 'tally' | 'pages'>,
  filter: QueueFilter,
  times: readonly number[],
): AsyncGenerator<readonly Tally[], void, void> {
  const counted = await store.tally(filter, times, MOST)
  if (counted !== 'too-many') return yield counted
  for await (const rows of store.pages(filter)) {
    yield rows.map(({ kind, destination, state, reason, createdAt }) => {
      const age = times.filter((time) => createdAt <= time).length
      return { kind, destination, state, reason, age, count: 1, oldest: createdAt }
    })
  }
}

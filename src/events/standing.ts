import type { DeliverySummary, Desk, TraceEvent } from '../store/contract.ts'

const OPEN = ['pending', 'sending', 'held', 'withheld'] as const
const MOST_OPEN = 1000

/**
 * Deliveries of an incident as they are now: the latest `most` that its trace names, and the latest 1000 that are not settled. Not all that
 * the store has of it: for that it walks through everything that was ever delivered, and meanwhile nothing else is done.
 */
export async function standing(
  store: Pick<Desk, 'list' | 'show'>,
  incident: string,
  events: readonly TraceEvent[],
  most: number,
): Promise<readonly DeliverySummary[]> {
  const open = await store.list({ incident, states: OPEN, limit: MOST_OPEN })
  const named = new Set(events.map(({ fields }) => fields.delivery).filter((id) => typeof id === 'string'))
  for (const { id } of open) named.delete(id)
  const others: DeliverySummary[] = []
  for (const id of [...named].slice(-most)) {
    const one = await store.show(id)
    if (one === undefined) continue
    const { payload: _, ...summary } = one
    others.push(summary)
  }
  return [...others, ...open]
}

import type { Events } from '../events.ts'
import type { Desk } from '../store/contract.ts'

/** The events that are an operator's deeds. */
const DEEDS = ['requeued', 'discarded'] as const

/**
 * Tells what operators did to deliveries from processes of their own (the queue command), whose log nobody keeps: each deed once. To
 * be called now and then, for the first time when the gateway starts: what was done before is in the trace alone. Never rejects: a
 * store that cannot be read is told of by those who need it more, and the deeds are told next time.
 */
export function createDeedTeller(store: Pick<Desk, 'traced'>, events: Pick<Events, 'tellDeeds'>): () => Promise<void> {
  let position: number | undefined
  return async () => {
    try {
      const page = await store.traced(DEEDS, position)
      position = page.position
      events.tellDeeds(page.rows)
    } catch {}
  }
}

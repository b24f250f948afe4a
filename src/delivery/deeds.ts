import type { Events } from '../events.ts'
import type { Desk } from '../store/contract.ts'

/**
 * Tells what operators did to deliveries from processes of their own (the queue command), whose log nobody keeps: each deed once. To
 * be called now and then, for the first time when the gateway starts: what was done before is in the trace alone. Never rejects: a
 * store that cannot be read is told of by those who need it more, and the deeds are told next time.
 */
export function createDeedTeller(
  store: Pick<Desk, 'traced'>,
  events: Pick<Events, 'deeds' | 'tellDeeds'>,
): () => Promise<void> {
  let position: number | undefined
  return async () => {
    try {
      const page = await store.traced(events.deeds, position)
      position = page.position
      events.tellDeeds(page.rows)
    } catch {}
  }
}

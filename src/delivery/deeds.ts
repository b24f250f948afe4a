import type { Events } from '../events.ts'
import type { Desk, TraceEvent } from '../store/contract.ts'

/**
 * Tells what operators did to deliveries from processes of their own (the queue and exchanges commands), whose log nobody keeps: each deed once, then `done`. To
 * be called now and then, for the first time when the gateway starts: what was done before is in the trace alone. Never rejects: a
 * store that cannot be read is told of by those who need it more, and the deeds are told next time.
 */
export function createDeedTeller(
  store: Pick<Desk, 'traced'>,
  events: Pick<Events, 'deeds' | 'tellDeeds'>,
  done: (fields: TraceEvent['fields']) => void = () => undefined,
): () => Promise<void> {
  let position: number | undefined
  return async () => {
    try {
      const page = await store.traced(events.deeds, position)
      position = page.position
      events.tellDeeds(page.rows)
      for (const { fields } of page.rows) done(fields)
    } catch {}
  }
}

import type { Happening } from '../events.ts'
import { about, type ExchangeContext, wakeAsker } from './context.ts'
import { ending } from './end.ts'

/** as many as there can be */
const ALL = 10_000

/**
 * These items of a Topic are gone from it, or all are: whoever asked by one of them waits for no answer any more
 * (docs/grid-profile.md §4.5).
 */
export async function takenBack(context: ExchangeContext, topic: string, items?: readonly string[]): Promise<void> {
  const { store, config, events } = context
  const open = await store.listExchanges({ states: ['open'], askerKind: 'topic', asker: topic, limit: ALL })
  for (const { id } of open) {
    const asked = await store.exchange(id)
    if (items !== undefined && !items.includes(asked?.address ?? '')) continue
    let happening: Happening | undefined
    const closed = await store.change(id, (now) => {
      happening = undefined
      if (now.state !== 'open') return undefined
      happening = events.exchange('taken-back', about(now))
      return { change: ending(config, now, 'cancelled'), trace: happening.trace }
    })
    happening?.tell()
    if (closed !== undefined) wakeAsker(context, closed)
  }
}

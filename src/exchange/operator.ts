import type { Exchange } from '../store/exchanges.ts'
import { about, type ExchangeContext } from './context.ts'
import { ending } from './end.ts'
import { said } from './outcome.ts'

/** What a deed needs: it is done in a process of its own, beside a gateway or without one. */
interface DeskContext extends Pick<ExchangeContext, 'events'> {
  readonly config: Pick<ExchangeContext['config'], 'peers'>
  readonly store: Pick<ExchangeContext['store'], 'change'>
}

interface Done {
  readonly done: boolean
  /** as it is now; undefined where there is none */
  readonly exchange: Exchange | undefined
}

/**
 * An operator, `by` name, closes a question: nobody is asked any more, and whoever asked is told, unless something was said already.
 * Not done where it is closed.
 */
export async function closeQuestion({ config, store, events }: DeskContext, id: string, by: string): Promise<Done> {
  let done = false
  const exchange = await store.change(id, (now) => {
    done = now.state === 'open'
    if (!done) return undefined
    const happening = events.exchange('operator-closed', { ...about(now), by, answers: said(now).length })
    return { change: ending(config, now, 'cancelled'), trace: happening.trace }
  })
  return { done, exchange }
}

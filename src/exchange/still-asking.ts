import type { Exchange } from '../store/exchanges.ts'
import type { ExchangeContext } from './context.ts'
import { isUndecided } from './states.ts'

/** The leg that waits for this answer: that of the first who asked, else of somebody who asked the same and waits with it. */
export async function stillAsking(
  { store }: Pick<ExchangeContext, 'store'>,
  exchange: Exchange,
  n: number,
): Promise<{ readonly exchange: string; readonly n: number } | undefined> {
  const waits = (one: Exchange | undefined, leg: number) =>
    one?.state === 'open' && isUndecided(one.legs[leg]?.state ?? 'expired')
  if (waits(exchange, n)) return { exchange: exchange.id, n }
  for (const other of await store.sharing(exchange.id, n)) {
    if (waits(await store.exchange(other.exchange), other.n)) return other
  }
  return undefined
}

import type { Exchange, Leg } from '../store/exchanges.ts'
import type { ExchangeContext } from './context.ts'
import { isUndecided } from './states.ts'

/** The leg that waits for this answer: that of the first who asked, else of somebody who asked the same and waits with it. */
export async function stillAsking(
  { store }: Pick<ExchangeContext, 'store'>,
  exchange: Exchange,
  n: number,
): Promise<{ readonly exchange: string; readonly n: number } | undefined> {
  if (waitingLeg(exchange, n) !== undefined) return { exchange: exchange.id, n }
  for (const other of await store.sharing(exchange.id, n)) {
    const open = await store.exchange(other.exchange)
    if (open !== undefined && waitingLeg(open, other.n) !== undefined) return other
  }
  return undefined
}

/** This leg, where its question is open and it has said nothing yet. */
export function waitingLeg({ state, legs }: Exchange, n: number): Leg | undefined {
  const leg = legs[n]
  return state === 'open' && leg !== undefined && isUndecided(leg.state) ? leg : undefined
}

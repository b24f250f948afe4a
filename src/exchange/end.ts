import type { Exchange, ExchangeChange } from '../store/exchanges.ts'
import { deliverTo } from './closing.ts'
import { acknowledgement } from './compose.ts'
import { type ExchangeContext, wayTo } from './context.ts'
import { isDecided, NO_LEG, said } from './outcome.ts'
import { isUndecided } from './states.ts'
import { askedFor, newAnswer } from './stored.ts'

type Peers = Pick<ExchangeContext['config'], 'peers'>

/**
 * What closes a question before everybody who was asked has answered. RFC 6545 §7: an Acknowledgement is REQUIRED if no Report will
 * come.
 */
export function ending(config: Peers, exchange: Exchange, state: 'expired' | 'cancelled'): ExchangeChange {
  // where everybody has answered the last word was said; that somebody found nothing is none before (RFC 6545 §7.4)
  const nothing = said(exchange).length === 0 && !isDecided(exchange)
  const word = newAnswer(NO_LEG, acknowledgement(askedFor(exchange), { denied: 'Other' }))
  return {
    legs: exchange.legs.filter((leg) => isUndecided(leg.state)).map(({ n }) => ({ n, state: 'expired' })),
    ...(nothing && { answers: [word] }),
    ...(goesOut(config, exchange) && { deliver: deliverTo(exchange) }),
    state,
  }
}

/** How answers come back to whoever asked; somebody who is no peer any more gets none. */
export function wayOf({ peers }: Peers, { asker }: Pick<Exchange, 'asker'>) {
  const peer = peers.find(({ name }) => name === asker)
  return peer === undefined ? 'none' : wayTo(peer)
}

function goesOut(config: Peers, exchange: Exchange): boolean {
  return exchange.token !== null && wayOf(config, exchange) !== 'none'
}

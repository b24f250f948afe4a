import type { Exchange, ExchangeChange } from '../store/exchanges.ts'
import { type Askers, askerIn } from './asker.ts'
import { deliverTo, isDelivered } from './closing.ts'
import { acknowledgement } from './compose.ts'
import { isDecided, NO_LEG, said } from './outcome.ts'
import { isUndecided } from './states.ts'
import { askedFor, newAnswer } from './stored.ts'

/**
 * What closes a question before everybody who was asked has answered. RFC 6545 §7: an Acknowledgement is REQUIRED if no Report will
 * come.
 */
export function ending(config: Askers, exchange: Exchange, state: 'expired' | 'cancelled'): ExchangeChange {
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

function goesOut(config: Askers, exchange: Exchange): boolean {
  return isDelivered(exchange, askerIn(config, exchange))
}

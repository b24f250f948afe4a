import type { Exchange, ExchangeChange } from '../store/exchanges.ts'
import { deliverTo } from './closing.ts'
import { acknowledgement } from './compose.ts'
import { type ExchangeContext, wayTo } from './context.ts'
import { NO_LEG, said } from './outcome.ts'
import { isUndecided } from './states.ts'
import { newAnswer, parseQuestion } from './stored.ts'

type Peers = Pick<ExchangeContext['config'], 'peers'>

/**
 * What closes a question before everybody who was asked has answered. RFC 6545 §7: an Acknowledgement is REQUIRED if no Report will
 * come.
 */
export function ending(config: Peers, exchange: Exchange, state: 'expired' | 'cancelled'): ExchangeChange {
  const { legs, msgType } = exchange
  const { policy } = parseQuestion(exchange.question)
  const nothing = said(exchange).length === 0 && !legs.some((leg) => leg.state === 'answered' && msgType === 'Query')
  const word = newAnswer(NO_LEG, acknowledgement(policy.incidentId, { denied: 'Other' }))
  return {
    legs: legs.filter((leg) => isUndecided(leg.state)).map(({ n }) => ({ n, state: 'expired' })),
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

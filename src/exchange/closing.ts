import type { RidPolicy } from '../rid/message.ts'
import type { Exchange, ExchangeChange } from '../store/exchanges.ts'
import type { Asker } from './asker.ts'
import { askerOf, errandTo } from './context.ts'
import { isDecided, lastWord, NO_LEG, outcomeOf } from './outcome.ts'

/**
 * An answer on its way to who asked, who was promised one. On the grid only what is there can be sent: XEP-0268 §2 has no word for that there is
 * nothing, or that it is denied.
 */
export function deliverTo(exchange: Exchange): NonNullable<ExchangeChange['deliver']> {
  return ({ n, leg }) =>
    exchange.askerKind !== 'peer' && leg === NO_LEG
      ? undefined
      : errandTo(askerOf(exchange), exchange, { exchange: exchange.id, answer: n })
}

/** Answers go out as they come: to who was promised one, and is not to ask again for it; a Topic is promised nothing. */
export function isDelivered({ token }: Pick<Exchange, 'token'>, { way }: Pick<Asker, 'way'>): boolean {
  return way === 'item' || (token !== null && way !== 'none')
}

/**
 * A change with what follows from it: where it closes the last leg something is said to the asker in any case; and an asker who was
 * promised an answer gets it as it comes, unless it is to ask again.
 */
export function closing(
  exchange: Exchange,
  change: ExchangeChange,
  asker: Pick<Asker, 'way'>,
  incidentId: RidPolicy['incidentId'],
): ExchangeChange {
  const legs = exchange.legs.map((leg) => ({ ...leg, ...change.legs?.find(({ n }) => n === leg.n) }))
  const fresh = change.answers ?? []
  const came = fresh.map((answer, i) => ({ ...answer, n: exchange.answers.length + i, at: 0, sent: null }))
  const next = { ...exchange, legs, answers: [...exchange.answers.filter(({ leg }) => leg !== NO_LEG), ...came] }
  const word = isDecided(next) ? lastWord(next, incidentId) : undefined
  const answers = word === undefined ? fresh : [...fresh, word]
  if (!isDelivered(exchange, asker)) return { ...change, answers }
  return {
    ...change,
    answers,
    deliver: deliverTo(exchange),
    ...(isDecided(next) && { outcome: outcomeOf(next) }),
  }
}

import type { GridIqReply } from '../grid/contract.ts'
import type { Exchange } from '../store/exchanges.ts'
import { isDecided, isHeld, NO_LEG } from './outcome.ts'

export type IqTold = { readonly kind: 'wait' } | GridIqReply

interface Response {
  readonly told: IqTold
  /** what there is, or will be, comes later: to be committed first */
  readonly promise?: true
  /** nobody has any more to say */
  readonly decided?: true
  /** there is nothing, and nothing comes */
  readonly nothing?: true
}

/**
 * What an `inquiry` or `request` is answered with (XEP-0268 §4). `last`: nobody waits any longer. `result` says that something comes, in
 * IQs of its own; for what does not come there are errors alone.
 */
export function respondByIq(exchange: Exchange, last: boolean): Response {
  const { state, token, legs, msgType, answers } = exchange
  if (token !== null) return { told: { kind: 'result' } }
  const found = answers.some(({ leg }) => leg !== NO_LEG)
  if (isDecided(exchange)) {
    if (found) return { told: { kind: 'result' }, promise: true, decided: true }
    return { told: nothing(exchange), ...(state === 'open' && { nothing: true }) }
  }
  if (state !== 'open') return { told: nothing(exchange) }
  // of a request the first word of whoever is asked is enough: the rest may take days
  const promised = msgType !== 'Query' && legs.some((leg) => leg.state === 'promised')
  if (promised || last || isHeld(exchange)) return { told: { kind: 'result' }, promise: true }
  return { told: { kind: 'wait' } }
}

/** RFC 6545 §7.4 has a Report without document, §7.2 an Acknowledgement: RFC 6120 §8.3.3 says the same by conditions. */
function nothing({ legs, msgType }: Exchange): GridIqReply {
  const is = (wanted: string) => legs.some(({ state }) => state === wanted)
  if (is('answered') && msgType === 'Query') return { kind: 'error', type: 'cancel', condition: 'item-not-found' }
  if (is('denied')) return { kind: 'error', type: 'auth', condition: 'forbidden' }
  if (is('failed')) return { kind: 'error', type: 'wait', condition: 'resource-constraint' }
  return { kind: 'error', type: 'cancel', condition: 'item-not-found' }
}

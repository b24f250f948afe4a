import type { Justification, RidPolicy } from '../rid/message.ts'
import type { Exchange, ExchangeChange, NewAnswer } from '../store/exchanges.ts'
import type { CallbackWay } from '../vocabulary.ts'
import { acknowledgement, emptyReport } from './compose.ts'
import { isUndecided } from './states.ts'
import { newAnswer } from './stored.ts'

/** of what the gateway says itself, and no leg */
export const NO_LEG = -1

/** What whoever asked is told in the response. */
export type Told =
  | { readonly kind: 'wait' }
  /** the answer with this number */
  | { readonly kind: 'answer'; readonly n: number }
  | { readonly kind: 'promised'; readonly token: string }
  | { readonly kind: 'pending' }

/** Every leg has said what it will. */
export function isDecided({ legs }: Pick<Exchange, 'legs'>): boolean {
  return legs.every(({ state }) => !isUndecided(state))
}

/** A person decides: no response waits for that. */
export function isHeld({ legs }: Pick<Exchange, 'legs'>): boolean {
  return legs.some(({ kind, state }) => kind === 'held' && state === 'waiting')
}

/** Answers that tell something: not that there will be one. */
export function said({ answers }: Pick<Exchange, 'answers'>) {
  return answers.filter(({ leg, msgType }) => leg !== NO_LEG || msgType !== 'Acknowledgement')
}

/** What is said when every leg is closed and none of them said anything for the asker (RFC 6545 §7, §7.4). */
export function lastWord(
  { legs, answers, msgType }: Exchange,
  incidentId: RidPolicy['incidentId'],
): NewAnswer | undefined {
  if (answers.length > 0) return undefined
  const answered = legs.some(({ state }) => state === 'answered')
  if (answered && msgType === 'Query') return newAnswer(NO_LEG, emptyReport(incidentId))
  return newAnswer(NO_LEG, acknowledgement(incidentId, { denied: whyDenied(legs) }))
}

/** RFC 6545 §5: why something is denied. */
export const JUSTIFICATIONS: readonly Justification[] = [
  ...(['SystemResource', 'Authentication', 'AuthenticationOrigin', 'Encryption'] as const),
  ...(['UnrecognizedFormat', 'CannotProcess', 'Other'] as const),
]

function whyDenied(legs: Exchange['legs']): Justification {
  const denied = legs.find(({ state }) => state === 'denied')
  if (denied === undefined) return legs.some(({ state }) => state === 'failed') ? 'SystemResource' : 'Other'
  return JUSTIFICATIONS.find((one) => one === denied.reason) ?? 'CannotProcess'
}

/** As what an exchange closes whose every leg is closed. */
export function outcomeOf(exchange: Pick<Exchange, 'legs' | 'answers'>): 'answered' | 'denied' {
  const answered = exchange.legs.some(({ state }) => state === 'answered') || said(exchange).length > 0
  return answered ? 'answered' : 'denied'
}

interface Response {
  readonly told: Told
  readonly change?: ExchangeChange
  /** and what comes goes out later */
  readonly promise?: true
}

/** The same as before. */
function respondClosed({ token, answers }: Exchange, way: CallbackWay): Response {
  if (token !== null && (way === 'url' || way === 'source')) return { told: { kind: 'promised', token } }
  const newest = answers.at(-1)
  return { told: newest === undefined ? { kind: 'pending' } : { kind: 'answer', n: newest.n } }
}

/** To who cannot be called back: whoever asks again gets what there is (RFC 6546 §3: "MAY simply repeat"). */
function respondWithNewest(exchange: Exchange, last: boolean): Response {
  const decided = isDecided(exchange)
  const unsent = exchange.answers.filter(({ sent }) => sent === null)
  const next = unsent.at(-1)
  const isOver = last || exchange.token !== null
  if (next !== undefined && (decided || isOver)) {
    const change = { sent: unsent.map(({ n }) => n), ...(decided && { outcome: outcomeOf(exchange) }) }
    return { told: { kind: 'answer', n: next.n }, change }
  }
  return isOver ? { told: { kind: 'pending' }, promise: true } : { told: { kind: 'wait' } }
}

/**
 * What a response says of an exchange, and what has to be true before it does. `last`: nobody waits any longer. RFC 6546 Table 1 has
 * one message in a response: what is more comes by callback, or not at all.
 */
export function respond(exchange: Exchange, way: CallbackWay, last: boolean): Response {
  const { state, token, answers } = exchange
  const newest = answers.at(-1)
  if (state !== 'open') return respondClosed(exchange, way)
  if (way === 'none') return respondWithNewest(exchange, last)
  const decided = isDecided(exchange)
  if (token !== null) return { told: way === 'plain' ? { kind: 'pending' } : { kind: 'promised', token } }
  if (decided && answers.length === 1 && newest !== undefined) {
    return { told: { kind: 'answer', n: newest.n }, change: { sent: [newest.n], outcome: outcomeOf(exchange) } }
  }
  return decided || last ? { told: { kind: 'pending' }, promise: true } : { told: { kind: 'wait' } }
}

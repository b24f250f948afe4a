import type { ExchangeState } from '../../vocabulary.ts'
import type { Exchange, ExchangeSummary, Leg, StoredAnswer } from '../exchanges.ts'
import { askerName, EXCHANGES, exchangeCode, exchangeName, legCode, legName } from './codes.ts'
import { formatId } from './ids.ts'

export const OPEN = exchangeCode('open')
/** States of a leg that is not over, as a list of SQL. */
export const UNDECIDED = `${legCode('waiting')}, ${legCode('promised')}`

export interface ExchangeRow {
  readonly seq: number
  readonly id: string
  readonly asker_kind: number
  readonly asker: string
  readonly address: string | null
  readonly msg_type: string
  readonly incident: string
  readonly digest: string
  readonly question: string
  readonly token: string | null
  readonly state: number
  readonly outcome: number | null
  readonly opened: number
  readonly pending_at: number | null
  readonly expires: number
  readonly closed: number | null
}

export interface LegRow extends Omit<Leg, 'state'> {
  readonly state: number
}

export interface AnswerRow extends Omit<StoredAnswer, 'msgType' | 'delivery'> {
  readonly msg_type: string
  readonly delivery: number | null
}

/** Of an exchange what lists show. */
export interface ListRow
  extends Pick<
    ExchangeRow,
    'seq' | 'id' | 'asker_kind' | 'asker' | 'msg_type' | 'incident' | 'state' | 'opened' | 'expires' | 'closed'
  > {
  readonly answers: number
}

export function toExchange(row: ExchangeRow, legs: readonly LegRow[], answers: readonly AnswerRow[]): Exchange {
  return {
    id: row.id,
    askerKind: askerName(row.asker_kind),
    asker: row.asker,
    address: row.address,
    msgType: row.msg_type,
    incident: row.incident,
    digest: row.digest,
    question: row.question,
    token: row.token,
    state: exchangeName(row.state),
    outcome: row.outcome === null ? null : exchangeName(row.outcome),
    opened: row.opened,
    pendingAt: row.pending_at,
    expires: row.expires,
    closed: row.closed,
    legs: legs.map(({ state, ...leg }) => ({ ...leg, state: legName(state) })),
    answers: answers.map(({ msg_type: msgType, delivery, ...answer }) => {
      return { ...answer, msgType, ...(delivery !== null && { delivery: formatId(delivery) }) }
    }),
  }
}

export function toListed(
  { seq: _, asker_kind: kind, msg_type: msgType, state, ...row }: ListRow,
  legs: readonly Pick<LegRow, 'kind' | 'target' | 'state'>[],
): ExchangeSummary {
  const asked = legs.map((leg) => ({ kind: leg.kind, target: leg.target, state: legName(leg.state) }))
  return { ...row, askerKind: askerName(kind), msgType, state: exchangeName(state), legs: asked }
}

/** How many there are in each state: what has none has no row. */
export function countsOf(rows: readonly { readonly state: number; readonly n: number }[]) {
  const known = new Map(rows.map(({ state, n }) => [exchangeName(state), n]))
  const pairs = EXCHANGES.map((state) => [state, known.get(state) ?? 0] as const)
  return Object.fromEntries(pairs) as Record<ExchangeState, number>
}

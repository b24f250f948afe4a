import { DELIVERED, DISCARDED, PENDING, SENDING, stateName } from '../coding/codes.ts'
import { parseId } from '../coding/ids.ts'
import type { TraceOfDeed } from '../contract.ts'
import { PLACE, type Place } from './order.ts'
import { SUMMARY_COLUMNS, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { one, run } from './sql.ts'
import type { Tables } from './tables.ts'

/** What an operator may do to a delivery, with the trace of it. Inside a transaction. */
export interface Operator {
  retry(id: string, now: number, trace?: TraceOfDeed): boolean
  discard(id: string, now: number, trace?: TraceOfDeed): boolean
}

interface Target extends Place {
  readonly state: number
  readonly has_payload: number
}

export function createOperator({ db, destinations, order, groups, waiting, trail }: Tables): Operator {
  const find = one<Target>(
    db,
    `SELECT ${PLACE}, state,
       EXISTS (SELECT 1 FROM body b WHERE b.seq = delivery.body) AS has_payload
     FROM delivery WHERE seq = ?`,
  )
  const summary = one<SummaryRow>(db, `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE d.seq = ?`)
  const requeue = run(
    db,
    'UPDATE delivery SET state = 0, due = ?1, not_before = NULL, requeued_at = ?1, updated_at = ?1 WHERE seq = ?2',
  )
  const discard = run(
    db,
    'UPDATE delivery SET state = 5, ready = 0, due = NULL, not_before = NULL, behind = NULL, updated_at = ? WHERE seq = ?',
  )

  /** Before anything is changed. */
  function note({ seq }: Target, trace: TraceOfDeed | undefined): void {
    if (trace !== undefined) trail.add(trace(toSummary(summary(seq)!, groups)))
  }

  return {
    retry(id, now, trace) {
      const target = find(parseId(id) ?? -1)
      if (target === undefined || target.state === SENDING || target.state === DELIVERED) return false
      // discarded long ago and its document dropped: there is nothing left to send
      if (target.has_payload === 0) return false
      note(target, trace)
      requeue(now, target.seq)
      destinations.touched(target.destination)
      if (target.state !== PENDING) {
        destinations.moved(target, stateName(target.state), 'pending')
        order.entered(target)
      }
      return true
    },
    discard(id, now, trace) {
      const target = find(parseId(id) ?? -1)
      if (target === undefined || target.state === SENDING || target.state === DELIVERED) return false
      if (target.state === DISCARDED) return true
      note(target, trace)
      discard(now, target.seq)
      destinations.moved(target, stateName(target.state), 'discarded')
      if (target.state === PENDING) order.left([target])
      waiting.ended(target.seq, false)
      return true
    },
  }
}

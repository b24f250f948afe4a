import { DELIVERED, DISCARDED, PENDING, SENDING, stateName } from '../coding/codes.ts'
import { parseId } from '../coding/ids.ts'
import type { TraceOfDeed } from '../contract.ts'
import type { Place } from './order.ts'
import { SUMMARY_COLUMNS, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { one, run } from './sql.ts'
import type { Tables } from './tables.ts'

/** What an operator may do to a delivery, with the trace of it. Inside a transaction. */
export interface Operator {
  retry(id: string, now: number, trace?: TraceOfDeed): Promise<boolean>
  discard(id: string, now: number, trace?: TraceOfDeed): Promise<boolean>
}

interface Target extends Place {
  readonly state: number
  readonly has_payload: boolean
}

export function createOperator({ db, destinations, order, waiting, trail }: Tables): Operator {
  const destinationOf = one<{ destination: number }>(db, 'SELECT destination FROM delivery WHERE seq = $1')
  const find = one<Target>(
    db,
    `SELECT d.seq, d.destination, d.line, d.ord, d.grp, d.state,
       EXISTS (SELECT 1 FROM payload p WHERE p.delivery = d.seq) AS has_payload
     FROM delivery d WHERE d.seq = $1`,
  )
  const summary = one<SummaryRow>(db, `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE d.seq = $1`)
  const requeue = run(
    db,
    `UPDATE delivery SET state = ${PENDING}, due = $1, not_before = NULL, requeued_at = $1, updated_at = $1 WHERE seq = $2`,
  )
  const discard = run(
    db,
    `UPDATE delivery SET state = ${DISCARDED}, ready = false, due = NULL, not_before = NULL, behind = NULL, updated_at = $1 WHERE seq = $2`,
  )

  /** What may still be decided about; its destination is locked before it is looked at. */
  async function targetOf(id: string): Promise<Target | undefined> {
    const seq = parseId(id) ?? -1
    const there = await destinationOf(seq)
    if (there === undefined) return undefined
    await destinations.hold([there.destination])
    const target = await find(seq)
    return target === undefined || target.state === SENDING || target.state === DELIVERED ? undefined : target
  }

  /** Before anything is changed. */
  async function note({ seq }: Target, trace: TraceOfDeed | undefined): Promise<void> {
    if (trace !== undefined) await trail.add(trace(toSummary((await summary(seq))!, new Map())))
  }

  return {
    async retry(id, now, trace) {
      const target = await targetOf(id)
      // discarded long ago and its document dropped: there is nothing left to send
      if (target === undefined || !target.has_payload) return false
      await note(target, trace)
      await requeue(now, target.seq)
      if (target.state !== PENDING) {
        destinations.moved(target.destination, stateName(target.state), 'pending')
        await order.entered(target)
      }
      return true
    },
    async discard(id, now, trace) {
      const target = await targetOf(id)
      if (target === undefined) return false
      if (target.state === DISCARDED) return true
      await note(target, trace)
      await discard(now, target.seq)
      destinations.moved(target.destination, stateName(target.state), 'discarded')
      if (target.state === PENDING) await order.left([target])
      await waiting.ended([{ seq: target.seq, delivered: false }])
      return true
    },
  }
}

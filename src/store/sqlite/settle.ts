import { SENDING, stateCode } from '../coding/codes.ts'
import { parseId } from '../coding/ids.ts'
import type { Settlement } from '../contract.ts'
import { PLACE, type Place } from './order.ts'
import { one, run } from './sql.ts'
import type { Tables } from './tables.ts'

/** Inside a transaction: ends leases. What is no longer `sending` is left alone. */
type Settle = (settlements: readonly Settlement[]) => void

export function createSettle({ db, clock, destinations, order, waiting }: Tables): Settle {
  const find = one<Place & { state: number }>(db, `SELECT ${PLACE}, state FROM delivery WHERE seq = ?`)
  const postpone = run(
    db,
    `UPDATE delivery SET state = 0, lease = NULL, due = ?, not_before = ?, attempts = attempts + ?, reason = ?, updated_at = ?
     WHERE seq = ?`,
  )
  const finish = run(
    db,
    `UPDATE delivery SET state = ?, lease = NULL, due = NULL, attempts = attempts + ?, reason = ?, updated_at = ?
     WHERE seq = ?`,
  )

  function write(seq: number, settlement: Settlement): void {
    if (settlement.to === 'pending') {
      const { nextAttempt, notBefore = null, countAttempt, reason } = settlement
      postpone(nextAttempt, notBefore, countAttempt ? 1 : 0, reason, clock.now(), seq)
      return
    }
    const reason = settlement.to === 'delivered' ? (settlement.note ?? null) : settlement.reason
    // policy withholds before anything is sent: that was no attempt
    finish(stateCode(settlement.to), settlement.to === 'withheld' ? 0 : 1, reason, clock.now(), seq)
  }

  return (settlements) => {
    const returned: Place[] = []
    const left: Place[] = []
    const ended: { readonly seq: number; readonly delivered: boolean }[] = []
    for (const settlement of settlements) {
      const place = find(parseId(settlement.id) ?? -1)
      if (place?.state !== SENDING) continue
      write(place.seq, settlement)
      destinations.moved(place, 'sending', settlement.to)
      if (settlement.to === 'pending') returned.push(place)
      else left.push(place)
      const learnt = settlement.to !== 'pending' || settlement.countAttempt
      if (learnt) ended.push({ seq: place.seq, delivered: settlement.to === 'delivered' })
    }
    for (const place of returned) order.returned(place)
    for (const place of left) order.left(place)
    for (const { seq, delivered } of ended) waiting.ended(seq, delivered)
  }
}

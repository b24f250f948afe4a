import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../clock.ts'
import { DELIVERED, PENDING } from '../coding/codes.ts'
import { SAID_BY_ANOTHER } from '../coding/deliveries.ts'
import type { Destinations } from './destinations.ts'
import { type Order, PLACE, type Place } from './order.ts'
import { all, one, run } from './sql.ts'

/** Deliveries that wait for what becomes of another, which says the same in other words (`delivery.behind`). */
export interface Waiting {
  /** Inside a transaction, once it is written and has left its line or come back: it was delivered, or something went wrong with it. */
  ended(seq: number, wasDelivered: boolean): void
}

export function createWaiting(db: DatabaseSync, clock: Clock, destinations: Destinations, order: Order): Waiting {
  const behind = `SELECT ${PLACE} FROM delivery WHERE behind = ? AND state = ${PENDING} ORDER BY seq`
  const first = one<Place>(db, `${behind} LIMIT 1`)
  const each = all<Place>(db, behind)
  const finish = run(
    db,
    `UPDATE delivery SET state = ${DELIVERED}, ready = 0, due = NULL, not_before = NULL, behind = NULL, reason = ?, updated_at = ?
     WHERE seq = ?`,
  )
  const free = run(db, 'UPDATE delivery SET behind = NULL WHERE seq = ?')
  const follow = run(db, `UPDATE delivery SET behind = ? WHERE behind = ? AND state = ${PENDING}`)

  return {
    ended(seq, wasDelivered) {
      if (wasDelivered) {
        const places = each(seq)
        for (const place of places) {
          finish(SAID_BY_ANOTHER, clock.now(), place.seq)
          destinations.moved(place, 'pending', 'delivered')
        }
        order.left(places)
        return
      }
      const next = first(seq)
      if (next === undefined) return
      free(next.seq)
      order.returned([next])
      follow(next.seq, seq)
    },
  }
}

import type { Clock } from '../../clock.ts'
import { DELIVERED, PENDING } from '../coding/codes.ts'
import { SAID_BY_ANOTHER } from '../coding/deliveries.ts'
import type { Destinations } from './destinations.ts'
import { type Order, PLACE, type Place } from './order.ts'
import { all, type Db, run } from './sql.ts'

/** Deliveries that wait for what becomes of another, which says the same in other words (`delivery.behind`). */
export interface Waiting {
  /** Inside a transaction, once these are written and have left their lines or come back: delivered, or something went wrong. */
  ended(seqs: readonly { readonly seq: number; readonly delivered: boolean }[]): Promise<void>
}

export function createWaiting(db: Db, clock: Clock, destinations: Destinations, order: Order): Waiting {
  const behind = all<Place & { behind: number }>(
    db,
    `SELECT ${PLACE}, behind FROM delivery WHERE behind = ANY($1::bigint[]) AND state = ${PENDING} ORDER BY seq`,
  )
  const finish = run(
    db,
    `UPDATE delivery SET state = ${DELIVERED}, ready = false, due = NULL, not_before = NULL, behind = NULL, reason = $1, updated_at = $2
     WHERE seq = ANY($3::bigint[])`,
  )
  const free = run(db, 'UPDATE delivery SET behind = NULL WHERE seq = $1')
  const follow = run(db, `UPDATE delivery SET behind = $1 WHERE behind = $2 AND state = ${PENDING}`)

  async function goOn(before: number, [next]: readonly Place[]): Promise<void> {
    if (next === undefined) return
    await free(next.seq)
    await order.returned([next])
    await follow(next.seq, before)
  }

  return {
    async ended(seqs) {
      if (seqs.length === 0) return
      // mostly nobody waits
      const all = await behind(seqs.map(({ seq }) => seq))
      if (all.length === 0) return
      for (const { seq, delivered } of seqs) {
        const places = all.filter((one) => one.behind === seq)
        if (!delivered) await goOn(seq, places)
        else if (places.length > 0) {
          await finish(
            SAID_BY_ANOTHER,
            clock.now(),
            places.map((place) => place.seq),
          )
          for (const { destination } of places) destinations.moved(destination, 'pending', 'delivered')
          await order.left(places)
        }
      }
    },
  }
}

import { SENDING } from '../coding/codes.ts'
import { parseId } from '../coding/ids.ts'
import { settledOf } from '../coding/settlement.ts'
import type { Settlement } from '../contract.ts'
import { PLACE, type Place } from './order.ts'
import { all, run } from './sql.ts'
import type { Tables } from './tables.ts'

/**
 * Inside a transaction that has the destinations locked: ends leases. What is no longer `sending`, or by now is another gateway's, is
 * left alone.
 */
type Settle = (settlements: readonly Settlement[]) => Promise<void>

export function createSettle({ db, clock, owner, destinations, order, waiting }: Tables): Settle {
  const find = all<Place>(
    db,
    `SELECT ${PLACE} FROM delivery WHERE seq = ANY($1::bigint[]) AND state = ${SENDING} AND owner = $2`,
  )
  const write = run(
    db,
    `UPDATE delivery d SET state = s.state, lease = NULL, owner = NULL, due = s.due, not_before = s.not_before,
       attempts = d.attempts + s.attempts, reason = s.reason, updated_at = $7
     FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::integer[], $6::text[])
       AS s (seq, state, due, not_before, attempts, reason)
     WHERE d.seq = s.seq`,
  )

  return async (settlements) => {
    const asked = new Map(settlements.map((one) => [parseId(one.id) ?? -1, one]))
    const places = await find([...asked.keys()], owner)
    if (places.length === 0) return
    const rows = places.map((place) => ({ place, to: asked.get(place.seq)! }))
    const written = rows.map(({ to }) => settledOf(to))
    await write(
      places.map(({ seq }) => seq),
      written.map(({ state }) => state),
      written.map(({ due }) => due),
      written.map(({ notBefore }) => notBefore),
      written.map(({ attempts }) => attempts),
      written.map(({ reason }) => reason),
      clock.now(),
    )
    for (const { place, to } of rows) destinations.moved(place.destination, 'sending', to.to)
    await order.returned(rows.filter(({ to }) => to.to === 'pending').map(({ place }) => place))
    await order.left(rows.filter(({ to }) => to.to !== 'pending').map(({ place }) => place))
    const learnt = rows.filter(({ to }) => to.to !== 'pending' || to.countAttempt)
    await waiting.ended(learnt.map(({ place, to }) => ({ seq: place.seq, delivered: to.to === 'delivered' })))
  }
}

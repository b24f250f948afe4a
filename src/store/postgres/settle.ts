import { SENDING } from '../coding/codes.ts'
import { parseId } from '../coding/ids.ts'
import { settledOf } from '../coding/settlement.ts'
import type { Settlement, TraceEvent } from '../contract.ts'
import type { ExchangeTables } from './exchanges.ts'
import { PLACE, type Place } from './order.ts'
import { all, run } from './sql.ts'
import type { Tables } from './tables.ts'

interface Asked {
  readonly settlements: readonly Settlement[]
  readonly trace: readonly TraceEvent[]
}

/**
 * Inside a transaction that has the destinations locked: ends leases, of all that is asked for together in one go, since each statement
 * takes a journey to the server. What is no longer `sending`, or by now is another gateway's, is left alone. Of each: is it news to another
 * gateway, because something waits again, or a question was answered? Whoever settles goes on with what is next in the line.
 */
type Settle = (asked: readonly Asked[]) => Promise<readonly boolean[]>

export function createSettle(tables: Tables, exchanges: Pick<ExchangeTables, 'settled'>): Settle {
  const { db, clock, owner, destinations, order, waiting, trail } = tables
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

  async function end(asked: ReadonlyMap<number, Settlement>): Promise<void> {
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

  return async (asked) => {
    const first = new Map<number, Settlement>()
    for (const one of asked.flatMap(({ settlements }) => settlements)) {
      const key = parseId(one.id) ?? -1
      // what comes after is too late
      if (!first.has(key)) first.set(key, one)
    }
    await end(first)
    const isAnswer = await exchanges.settled([...first.values()], clock.now())
    await trail.add(asked.flatMap(({ trace }) => trace))
    return asked.map(({ settlements }) => isAnswer || settlements.some(({ to }) => to === 'pending'))
  }
}

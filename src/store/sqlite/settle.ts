import { DISCARDED, PENDING, SENDING, stateName } from '../coding/codes.ts'
import { parseId } from '../coding/ids.ts'
import { settledOf } from '../coding/settlement.ts'
import type { Settlement } from '../contract.ts'
import type { Place } from './order.ts'
import { one, run } from './sql.ts'
import type { Tables } from './tables.ts'

/** Inside a transaction: ends leases. What is no longer being sent is left alone. Those of them that carry an answer to a question. */
type Settle = (settlements: readonly Settlement[]) => Settlement[]

/** A delivery, and whom it concerns what becomes of it: for most nobody, and nobody need be asked. */
interface Target extends Place {
  readonly state: number
  /** others stand in its line */
  readonly has_line: number
  /** others wait for it */
  readonly is_awaited: number
  readonly is_answer: number
}

interface Done {
  readonly settlement: Settlement
  readonly place: Target
}

export function createSettle({ db, clock, leases, destinations, order, waiting }: Tables): Settle {
  const find = one<Target>(
    db,
    `SELECT seq, destination, incident, origin, ord, grp, size, state,
       EXISTS (SELECT 1 FROM delivery e WHERE e.destination = d.destination AND e.incident = d.incident AND e.origin = d.origin
         AND e.state IN (0, 1) AND e.seq <> d.seq) AS has_line,
       EXISTS (SELECT 1 FROM delivery w WHERE w.behind = d.seq) AS is_awaited,
       EXISTS (SELECT 1 FROM answer WHERE delivery = d.seq) AS is_answer
     FROM delivery d WHERE seq = ?`,
  )
  const write = run(
    db,
    `UPDATE delivery SET state = ?, ready = 0, lease = NULL, due = ?, not_before = ?, attempts = attempts + ?, reason = ?, updated_at = ?
     WHERE seq = ?`,
  )

  /** The lease may be known by heart alone. */
  function isSent(place: Target, { to }: Settlement): boolean {
    if (!leases.end(place)) return place.state === SENDING
    // discarded beside the gateway, which did not say yet that it is being sent: what has arrived has arrived
    return place.state === PENDING || (place.state === DISCARDED && to === 'delivered')
  }

  /** Once all of them are written: the lines that they stood in, and who waited for them. */
  function lookAfter(done: readonly Done[]): void {
    const isBack = ({ settlement }: Done) => settlement.to === 'pending'
    const [back, over] = [done.filter(isBack), done.filter((one) => !isBack(one))]
    order.returned(back.map(({ place }) => place))
    order.left(over.map(({ place }) => place).filter(({ has_line, grp }) => has_line === 1 || grp !== null))
    for (const { settlement, place } of done) {
      const learnt = settlement.to !== 'pending' || settlement.countAttempt
      if (learnt && place.is_awaited === 1) waiting.ended(place.seq, settlement.to === 'delivered')
    }
  }

  return (settlements) => {
    const done: Done[] = []
    const answers: Settlement[] = []
    for (const settlement of settlements) {
      const place = find(parseId(settlement.id) ?? -1)
      if (place?.is_answer === 1) answers.push(settlement)
      if (place === undefined || !isSent(place, settlement)) continue
      const { state, due, notBefore, attempts, reason } = settledOf(settlement)
      write(state, due, notBefore, attempts, reason, clock.now(), place.seq)
      destinations.moved(place, stateName(place.state), settlement.to)
      done.push({ settlement, place })
    }
    lookAfter(done)
    return answers
  }
}

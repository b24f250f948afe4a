import { DELIVERED, DISCARDED, PENDING, SENDING, stateName } from './codes.ts'
import { formatId, parseId } from './ids.ts'
import type { Place } from './order.ts'
import { one, run } from './sql.ts'
import type { Tables } from './tables.ts'

/** What an operator may do to a delivery; both leave a trace row. Inside a transaction. */
interface Operator {
  retry(id: string, now: number): boolean
  discard(id: string, now: number): boolean
}

interface Target extends Place {
  readonly state: number
  readonly attempts: number
  readonly name: string
  readonly has_payload: number
}

export function createOperator({ db, destinations, order, trail }: Tables): Operator {
  const find = one<Target>(
    db,
    `SELECT d.seq, d.destination, d.incident, d.ord, d.grp, d.state, d.attempts, t.name,
       EXISTS (SELECT 1 FROM payload p WHERE p.delivery = d.seq) AS has_payload
     FROM delivery d JOIN destination t ON t.id = d.destination WHERE d.seq = ?`,
  )
  const requeue = run(
    db,
    'UPDATE delivery SET state = 0, due = ?1, not_before = NULL, requeued_at = ?1, updated_at = ?1 WHERE seq = ?2',
  )
  const discard = run(
    db,
    'UPDATE delivery SET state = 5, ready = 0, due = NULL, not_before = NULL, updated_at = ? WHERE seq = ?',
  )

  function tell(event: string, at: number, target: Target): void {
    const { seq, incident, name, attempts, state } = target
    const fields = { delivery: formatId(seq), destination: name, attempts, was: stateName(state) }
    trail.add([{ at, incident, event, fields }])
  }

  return {
    retry(id, now) {
      const target = find(parseId(id) ?? -1)
      if (target === undefined || target.state === SENDING || target.state === DELIVERED) return false
      // discarded long ago and its document dropped: there is nothing left to send
      if (target.has_payload === 0) return false
      requeue(now, target.seq)
      if (target.state !== PENDING) {
        destinations.moved(target.destination, stateName(target.state), 'pending')
        order.entered(target)
      }
      tell('requeued', now, target)
      return true
    },
    discard(id, now) {
      const target = find(parseId(id) ?? -1)
      if (target === undefined || target.state === SENDING || target.state === DELIVERED) return false
      if (target.state === DISCARDED) return true
      discard(now, target.seq)
      destinations.moved(target.destination, stateName(target.state), 'discarded')
      if (target.state === PENDING) order.left(target)
      tell('discarded', now, target)
      return true
    },
  }
}

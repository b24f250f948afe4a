import { directionCode, stateCode } from './codes.ts'
import { formatId } from './ids.ts'
import { one, run } from './sql.ts'
import type { Accepted, Direction, NewDelivery, NewEnvelope, TraceEvent } from './store.ts'
import type { Tables } from './tables.ts'

export interface Intake {
  /** Inside a transaction. A repeat changes nothing but the cursor. */
  accept(envelope: NewEnvelope, trace: readonly TraceEvent[]): Accepted
  find(direction: Direction, source: string, digest: string): { id: string } | undefined
}

export function createIntake(tables: Tables): Intake {
  const { db, clock, sequence, destinations, order, groups, memory, trail } = tables
  const find = one<{ seq: number }>(db, 'SELECT seq FROM envelope WHERE digest = ? AND source = ? AND direction = ?')
  const insertEnvelope = run(
    db,
    `INSERT INTO envelope (seq, direction, source, digest, msg_type, incidents, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertDelivery = run(
    db,
    `INSERT INTO delivery (seq, envelope, destination, incident, item, state, ready, ord, grp, due, not_before, reason,
       created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item, destination) DO NOTHING`,
  )
  const exists = one(db, 'SELECT 1 FROM delivery WHERE item = ? AND destination = ?')
  const insertPayload = run(db, 'INSERT INTO payload (delivery, body) VALUES (?, ?)')

  /** The new delivery's key; undefined when this item was already given to this destination. */
  function addDelivery(envelope: number, receivedAt: number, delivery: NewDelivery): number | undefined {
    const destination = destinations.require(delivery.kind, delivery.destination)
    const { incident, item, state, notBefore = null, reason = null } = delivery
    if (delivery.group !== undefined && exists(item, destination) !== undefined) return undefined
    const seq = sequence.next()
    const now = clock.now()
    const pending = state === 'pending'
    const grp = delivery.group === undefined ? null : groups.join(destination, delivery.group, seq)
    const ready = pending && grp === null && order.isEmpty(destination, incident)
    const due = pending ? (notBefore ?? receivedAt) : null
    const added = insertDelivery(
      seq,
      envelope,
      destination,
      incident,
      item,
      stateCode(state),
      ready ? 1 : 0,
      grp ?? seq,
      grp,
      due,
      pending ? notBefore : null,
      reason,
      receivedAt,
      now,
    )
    if (added === 0) return undefined
    insertPayload(seq, delivery.payload)
    destinations.moved(destination, null, state)
    groups.arrived(destination, item, now)
    if (grp !== null && pending) order.entered({ seq, destination, incident, ord: grp, grp })
    return seq
  }

  return {
    accept(envelope, trace) {
      const { direction, source, digest, receivedAt } = envelope
      if (envelope.seen !== undefined) memory.mark(envelope.seen)
      const known = find(digest, source, directionCode(direction))
      if (known !== undefined) return { outcome: 'duplicate', id: formatId(known.seq) }
      const seq = sequence.next()
      const incidents = JSON.stringify(envelope.incidents)
      insertEnvelope(seq, directionCode(direction), source, digest, envelope.msgType, incidents, receivedAt)
      const deliveries: string[] = []
      for (const delivery of envelope.deliveries) {
        const added = addDelivery(seq, receivedAt, delivery)
        if (added !== undefined) deliveries.push(formatId(added))
        else if (direction === 'rid-to-grid') memory.cameAgain(delivery.item, source)
      }
      trail.add(trace)
      return { outcome: 'accepted', id: formatId(seq), deliveries }
    },
    find(direction, source, digest) {
      const row = find(digest, source, directionCode(direction))
      return row === undefined ? undefined : { id: formatId(row.seq) }
    },
  }
}

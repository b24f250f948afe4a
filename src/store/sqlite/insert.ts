import type { Direction } from '../../vocabulary.ts'
import { DELIVERED, DISCARDED, directionCode, HELD, PENDING, SENDING, stateCode, WITHHELD } from '../coding/codes.ts'
import { isAlone, listed, turnOf } from '../coding/deliveries.ts'
import { formatId } from '../coding/ids.ts'
import type { Accepted, HeldBound, NewDelivery, NewEnvelope, TraceEvent, TraceOf } from '../contract.ts'
import type { Candidate } from './ahead.ts'
import { type Brought, createBrought } from './brought.ts'
import { sameInSql, toKey } from './keys.ts'
import { createNames } from './names.ts'
import { PLACE, type Place } from './order.ts'
import { type ClaimRow, rowOf } from './rows.ts'
import { all, one, run, type Value } from './sql.ts'
import type { Tables } from './tables.ts'

export interface Insert {
  /** Inside a transaction. A repeat changes nothing but the cursor and the archive, unless what it brought was discarded. */
  accept(envelope: NewEnvelope, trace: readonly TraceEvent[] | TraceOf): Accepted
  find(direction: Direction, source: string, digest: string): { id: string } | undefined
}

/** Item, destination and variant. */
type Same = readonly [Value, number, Value]

/** Where it is to stand; `isNew`: nobody can be there. */
interface Line {
  readonly destination: number
  readonly incident: number
  readonly origin: string
  readonly isNew: boolean
}

/** What is known of a delivery that is to be stored. */
interface Found {
  readonly same: Same
  readonly line: Line
  /** which one it waits for */
  readonly ahead: number | null
  /** its item was there before, or went out */
  readonly met: boolean
  readonly brought: Brought
}

interface Stored {
  readonly seq: number
  readonly size: number
  /** it may go out at once */
  readonly next?: { readonly candidate: Candidate; readonly row: () => ClaimRow }
}

const SAME = `FROM delivery d WHERE ${sameInSql('item', '?1')} AND destination = ?2 AND ${sameInSql('variant', '?3')}`

export function createInsert(tables: Tables): Insert {
  const names = createNames(tables.db)
  const begin = createBrought(tables.db, tables.incidents)
  const {
    db,
    clock,
    sequence,
    ahead: nextOnes,
    leases,
    destinations,
    order,
    groups,
    bodies,
    memory,
    trail,
    archive,
  } = tables
  const find = one<{ seq: number }>(
    db,
    `SELECT seq FROM envelope WHERE ${sameInSql('digest', '?1')} AND source = ?2 AND direction = ?3`,
  )
  const insertEnvelope = run(
    db,
    `INSERT INTO envelope (seq, direction, source, digest, msg_type, incidents, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertDelivery = run(
    db,
    `INSERT INTO delivery (seq, envelope, destination, incident, also, origin, item, variant, state, ready, ord, grp, due, not_before,
       reason, created_at, updated_at, bound, name, behind, body, size)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertAlso = run(db, 'INSERT INTO delivery_also (incident, delivery) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const isKnown = one(db, `SELECT 1 ${SAME} LIMIT 1`)
  const isWanted = one(db, `SELECT 1 ${SAME} AND state <> ${DISCARDED} LIMIT 1`)
  // nobody knows how many there are: what is asked of them is asked in one statement
  const delivered = one(db, `SELECT 1 ${SAME} AND state = ${DELIVERED} LIMIT 1`)
  // what an operator does to another's is not done to it: each origin has its own, but for those that go out with others
  const saysTheSame = one(
    db,
    `SELECT 1 ${SAME} AND state NOT IN (${DELIVERED}, ${WITHHELD}, ${DISCARDED})
       AND (origin = ?4 OR (?6 AND state <> ${HELD} AND attempts = 0))
       AND EXISTS (SELECT 1 FROM body b WHERE b.seq = d.body AND b.text = ?5) LIMIT 1`,
  )
  const withheld = all<Place>(db, `SELECT ${PLACE} ${SAME} AND state = ${WITHHELD}`)
  const onItsWay = one<{ seq: number }>(
    db,
    `SELECT seq ${SAME} AND state IN (${PENDING}, ${SENDING}) AND attempts = 0 AND behind IS NULL ORDER BY seq LIMIT 1`,
  )
  const heldUnder = one<{ total: number; own: number }>(
    db,
    `SELECT count(*) AS total, coalesce(sum(origin = ?), 0) AS own FROM delivery
     WHERE destination = ? AND bound = ? AND bound IS NOT NULL AND state = ${HELD}`,
  )
  const dropAlso = run(db, 'DELETE FROM delivery_also WHERE delivery = ?')
  const dropDelivery = run(db, 'DELETE FROM delivery WHERE seq = ?')

  /** Will whatever becomes of one before do for the next one, too? */
  function isStoodFor(same: Same, next: NewDelivery, from: string): boolean {
    return (
      next.state !== 'pending' ||
      delivered(...same) !== undefined ||
      saysTheSame(...same, from, next.payload, next.group === undefined ? 0 : 1) !== undefined
    )
  }

  /**
   * What is withheld gives way to what none stands for. Which one it waits for: on its way, and nothing went wrong yet. Two documents
   * must not wait for each other.
   */
  function passBy(same: Same, { group }: NewDelivery, brought: Brought): number | null {
    for (const place of withheld(...same)) {
      drop(place)
      brought.droppedBody()
    }
    if (group !== undefined) return null
    return onItsWay(...same)?.seq ?? null
  }

  function drop(place: Place): void {
    bodies.drop(place.seq)
    dropAlso(place.seq)
    dropDelivery(place.seq)
    destinations.moved(place, 'withheld', null)
  }

  /** What a document waits for is there already; and it may be what says which document that is. */
  function cameAgain(destination: number, { item, group }: NewDelivery): void {
    if (group !== undefined) groups.tell(group, item, sequence.next())
    groups.arrived(destination, item, clock.now())
  }

  function hasRoom(destination: number, origin: string, { name, most, each }: HeldBound): boolean {
    const { total, own } = heldUnder(origin, destination, name)!
    return total < most && own < each
  }

  /** The new delivery's key; undefined when this item was already given to this destination, or there is no room for it. */
  function addDelivery(
    envelope: number,
    message: NewEnvelope,
    delivery: NewDelivery,
    brought: Brought,
  ): number | undefined {
    const { kind, destination: name, item, variant = '', origin = message.source, bound, incident, also } = delivery
    const destination = destinations.require(kind, name)
    const same = [toKey(item), destination, toKey(variant)] as const
    const met = brought.isMet(item, destination)
    const isRepeated = met && isKnown(...same) !== undefined
    if (isRepeated && isStoodFor(same, delivery, origin)) {
      cameAgain(destination, delivery)
      return undefined
    }
    if (bound !== undefined && !hasRoom(destination, origin, bound)) return undefined
    const ahead = isRepeated ? passBy(same, delivery, brought) : null
    const number = brought.incident(incident)
    const line = { destination, incident: number, origin, isNew: brought.isNewLine(destination, incident, origin) }
    const { seq, size, next } = store(message, envelope, delivery, { same, line, ahead, met, brought })
    brought.stored(item, destination)
    for (const other of also ?? []) insertAlso(brought.incident(other), seq)
    if (next === undefined) nextOnes.joined(destination, origin)
    else {
      const others = destinations.count(destination, 'pending') - leases.count(destination)
      nextOnes.came(destination, next.candidate, others, next.row)
    }
    destinations.moved({ destination, incident: number, origin, size }, null, delivery.state)
    if (brought.isAwaited(item)) groups.arrived(destination, item, clock.now())
    return seq
  }

  function store(
    message: NewEnvelope,
    envelope: number,
    delivery: NewDelivery,
    { same: [item, destination, variant], line, ahead, met, brought }: Found,
  ): Stored {
    const { source, receivedAt } = message
    const { also = [], state, reason = null, bound, group } = delivery
    const { incident, origin } = line
    const seq = sequence.next()
    const { size = Buffer.byteLength(delivery.payload) } = delivery
    const joined = group && groups.join(destination, group, delivery.item, seq)
    const grp = joined?.grp ?? null
    const { due, notBefore } = turnOf(delivery, receivedAt, joined)
    // of a group's it is found once it is in its lines
    const ready =
      state === 'pending' &&
      joined === undefined &&
      ahead === null &&
      (line.isNew || order.isEmpty(destination, incident, origin))
    const name = names.of(destination, source, delivery, met)
    const now = clock.now()
    insertDelivery(
      seq,
      envelope,
      destination,
      incident,
      listed(also),
      origin,
      item,
      variant,
      stateCode(state),
      ready ? 1 : 0,
      grp ?? seq,
      grp,
      due,
      notBefore,
      reason,
      receivedAt,
      now,
      bound?.name ?? null,
      name,
      ahead,
      brought.body(delivery.payload, () => bodies.keep(seq, delivery.payload, isAlone(message))),
      size,
    )
    if (grp !== null && state === 'pending') order.entered({ seq, destination, incident, origin, ord: grp, grp })
    if (!ready || due === null || due > now) return { seq, size }
    const row = () => rowOf(message, delivery, { seq, envelope, origin, name, item, due, now })
    return { seq, size, next: { candidate: { seq, grp: null, due, origin, size }, row } }
  }

  function archiveWith({ record, replaced, instead }: NewEnvelope): void {
    if (replaced !== undefined) archive.forget(replaced.topic, [replaced.item])
    if (record === undefined) return
    const place = instead === undefined ? undefined : archive.placeOf(record, instead)
    if (instead === undefined || place !== undefined) archive.keep(record, place)
  }

  /** Was all that this destination had of it discarded? Sent again, it is to go out. */
  function isDiscarded({ kind, destination, item, variant = '' }: NewDelivery): boolean {
    const known = destinations.find(kind, destination)
    if (known === undefined) return false
    const same = [toKey(item), known, toKey(variant)] as const
    return isKnown(...same) !== undefined && isWanted(...same) === undefined
  }

  return {
    accept(envelope, trace) {
      const { direction, source, digest, receivedAt } = envelope
      archiveWith(envelope)
      // behind what is forgotten of its id: this was seen
      if (envelope.seen !== undefined) memory.mark(envelope.seen)
      const key = toKey(digest)
      const known = find(key, source, directionCode(direction))
      const isRepeat = known !== undefined && !(direction === 'rid-to-grid' && envelope.deliveries.some(isDiscarded))
      if (isRepeat) return { outcome: 'duplicate', id: formatId(known.seq) }
      const seq = known?.seq ?? sequence.next()
      if (known === undefined) {
        const about = JSON.stringify(envelope.incidents)
        insertEnvelope(seq, directionCode(direction), source, key, envelope.msgType, about, receivedAt)
      }
      const brought = begin(envelope)
      const added = envelope.deliveries.map((delivery) => {
        const key = addDelivery(seq, envelope, delivery, brought)
        if (key !== undefined) return formatId(key)
        if (direction === 'rid-to-grid') memory.cameAgain(delivery.item, delivery.variant ?? '', source)
        return undefined
      })
      trail.add(typeof trace === 'function' ? trace(added) : trace)
      return { outcome: 'accepted', id: formatId(seq), deliveries: added.filter((id) => id !== undefined) }
    },
    find(direction, source, digest) {
      const row = find(toKey(digest), source, directionCode(direction))
      return row === undefined ? undefined : { id: formatId(row.seq) }
    },
  }
}

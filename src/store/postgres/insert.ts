import { searchWord } from '../../iodef/incident-id.ts'
import { capped, lineOf } from '../coding/capped.ts'
import { DELIVERED, DISCARDED, directionCode, HELD, PENDING, SENDING, stateCode, WITHHELD } from '../coding/codes.ts'
import { isAlone, listed, turnOf } from '../coding/deliveries.ts'
import { formatId } from '../coding/ids.ts'
import type { Accepted, HeldBound, NewDelivery, NewEnvelope, TraceEvent, TraceOf } from '../contract.ts'
import { createNames } from './names.ts'
import { all, one, run } from './sql.ts'
import type { Tables } from './tables.ts'

export interface Insert {
  /** Inside a transaction. A repeat changes nothing but the cursor and the archive, unless what it brought was discarded. */
  accept(envelope: NewEnvelope, trace: readonly TraceEvent[] | TraceOf): Promise<Accepted>
}

/** Item, destination and variant. */
type Same = readonly [string, number, string]

const SAME = 'FROM delivery d WHERE item = $1 AND destination = $2 AND variant = $3'

export const FIND =
  'SELECT seq FROM envelope WHERE digest = $1 AND md5(source) = md5($2) AND source = $2 AND direction = $3'

export function createInsert(tables: Tables): Insert {
  const { db, clock, keys, destinations, order, groups, bodies, memory, trail, archive } = tables
  const names = createNames(db)
  const find = one<{ seq: number }>(db, FIND)
  const insertEnvelope = run(
    db,
    `INSERT INTO envelope (seq, direction, source, digest, msg_type, incidents, received_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
  )
  const insertDelivery = run(
    db,
    `INSERT INTO delivery (seq, envelope, destination, incident, also, words, origin, line, item, variant, state, ready, ord, grp, due,
       not_before, reason, created_at, updated_at, bound, name, behind)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 AND NOT EXISTS (
         SELECT 1 FROM delivery f WHERE f.destination = $3 AND f.line = $8 AND f.state IN (0, 1)),
       $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
  )
  /** is there one at all, and one that was not discarded? */
  const known = one<{ wanted: boolean | null }>(db, `SELECT bool_or(state <> ${DISCARDED}) AS wanted ${SAME}`)
  // nobody knows how many there are: what is asked of them is asked in one statement. What an operator does to another's is not done to
  // it: each origin has its own, but for those that go out with others
  const standsFor = one(
    db,
    `SELECT 1 ${SAME} AND (state = ${DELIVERED} OR (
       state NOT IN (${WITHHELD}, ${DISCARDED}) AND (origin = $4 OR ($6 AND state <> ${HELD} AND attempts = 0))
       AND EXISTS (SELECT 1 FROM payload p JOIN body b ON b.seq = p.body WHERE p.delivery = d.seq AND b.text = $5))) LIMIT 1`,
  )
  const withheld = all<{ seq: number }>(db, `SELECT seq ${SAME} AND state = ${WITHHELD}`)
  const onItsWay = one<{ seq: number }>(
    db,
    `SELECT seq ${SAME} AND state IN (${PENDING}, ${SENDING}) AND attempts = 0 AND behind IS NULL ORDER BY seq LIMIT 1`,
  )
  const heldUnder = one<{ total: number; own: number }>(
    db,
    `SELECT count(*) AS total, count(*) FILTER (WHERE origin = $1) AS own FROM delivery
     WHERE destination = $2 AND bound = $3 AND bound IS NOT NULL AND state = ${HELD}`,
  )
  const dropDelivery = run(db, 'DELETE FROM delivery WHERE seq = $1')

  /** Will whatever becomes of one before do for the next one, too? */
  async function isStoodFor(same: Same, next: NewDelivery, from: string): Promise<boolean> {
    if (next.state !== 'pending') return true
    return (await standsFor(...same, from, next.payload, next.group !== undefined)) !== undefined
  }

  /**
   * What is withheld gives way to what none stands for. Which one it waits for: on its way, and nothing went wrong yet. Two documents
   * must not wait for each other.
   */
  async function passBy(same: Same, { group }: NewDelivery): Promise<number | null> {
    for (const { seq } of await withheld(...same)) await drop(seq, same[1])
    if (group !== undefined) return null
    return (await onItsWay(...same))?.seq ?? null
  }

  async function drop(seq: number, destination: number): Promise<void> {
    await bodies.drop([seq])
    await dropDelivery(seq)
    destinations.moved(destination, 'withheld', null)
  }

  /** What a document waits for is there already; and it may be what says which document that is. */
  async function cameAgain(destination: number, { item, group }: NewDelivery): Promise<void> {
    if (group !== undefined) await groups.tell(group, item, await keys.next())
    await groups.arrived(destination, item, clock.now())
  }

  async function hasRoom(destination: number, origin: string, { name, most, each }: HeldBound): Promise<boolean> {
    const { total, own } = (await heldUnder(origin, destination, name))!
    return total < most && own < each
  }

  /** The new delivery's key; undefined when this item was already given to this destination, or there is no room for it. */
  async function addDelivery(
    envelope: number,
    message: NewEnvelope,
    delivery: NewDelivery,
  ): Promise<number | undefined> {
    const { source, receivedAt } = message
    const destination = await destinations.require(delivery.kind, delivery.destination)
    const { incident, also = [], item, variant = '', state, reason = null, bound } = delivery
    const origin = capped(delivery.origin ?? source)
    const same = [item, destination, variant] as const
    const isRepeated = ((await known(...same))?.wanted ?? null) !== null
    if (isRepeated && (await isStoodFor(same, delivery, origin))) {
      await cameAgain(destination, delivery)
      return undefined
    }
    if (bound !== undefined && !(await hasRoom(destination, origin, bound))) return undefined
    const ahead = isRepeated ? await passBy(same, delivery) : null
    const seq = await keys.next()
    const now = clock.now()
    const line = lineOf(incident, origin)
    const joined = delivery.group && (await groups.join(destination, delivery.group, item, seq))
    const grp = joined?.grp ?? null
    const { due, notBefore } = turnOf(delivery, receivedAt, joined)
    await insertDelivery(
      ...[seq, envelope, destination, incident, listed(also)],
      wordsOf([incident, ...also]),
      ...[origin, line, item, variant, stateCode(state)],
      // of a group's it is found once it is in its lines
      state === 'pending' && joined === undefined && ahead === null,
      ...[grp ?? seq, grp, due, notBefore, reason, receivedAt, now],
      ...[bound?.name ?? null, await names.of(destination, source, delivery), ahead],
    )
    await bodies.keep(seq, delivery.payload, isAlone(message))
    destinations.moved(destination, null, state)
    await groups.arrived(destination, item, now)
    if (grp !== null && state === 'pending') await order.entered({ seq, destination, line, ord: grp, grp })
    return seq
  }

  async function archiveWith({ record, replaced, instead }: NewEnvelope): Promise<void> {
    if (replaced !== undefined) await archive.forget(replaced.topic, [replaced.item])
    if (record === undefined) return
    const place = instead === undefined ? undefined : await archive.placeOf(record, instead)
    if (instead === undefined || place !== undefined) await archive.keep([{ record, place }])
  }

  /** Was all that this destination had of one of them discarded? Sent again, it is to go out. */
  async function isDiscarded(deliveries: readonly NewDelivery[]): Promise<boolean> {
    for (const { kind, destination, item, variant = '' } of deliveries) {
      const id = await destinations.find(kind, destination)
      if (id !== undefined && (await known(item, id, variant))?.wanted === false) return true
    }
    return false
  }

  /** The key of the envelope, and whether there was one before: of two gateways that take in the same, one waits for the other. */
  async function envelopeOf(message: NewEnvelope): Promise<{ seq: number; wasThere: boolean }> {
    const { direction, source, digest, msgType, incidents, receivedAt } = message
    const code = directionCode(direction)
    const before = await find(digest, source, code)
    if (before !== undefined) return { seq: before.seq, wasThere: true }
    const seq = await keys.next()
    const made = await insertEnvelope(seq, code, source, digest, msgType, JSON.stringify(incidents), receivedAt)
    if (made > 0) return { seq, wasThere: false }
    return { seq: (await find(digest, source, code))!.seq, wasThere: true }
  }

  return {
    async accept(envelope, trace) {
      const { direction, source, deliveries } = envelope
      await archiveWith(envelope)
      // behind what is forgotten of its id: this was seen
      if (envelope.seen !== undefined) await memory.mark([envelope.seen])
      const { seq, wasThere } = await envelopeOf(envelope)
      if (wasThere && !(direction === 'rid-to-grid' && (await isDiscarded(deliveries)))) {
        return { outcome: 'duplicate', id: formatId(seq) }
      }
      const added: (string | undefined)[] = []
      for (const delivery of deliveries) {
        const key = await addDelivery(seq, envelope, delivery)
        if (key === undefined && direction === 'rid-to-grid') {
          await memory.cameAgain(delivery.item, delivery.variant ?? '', source)
        }
        added.push(key === undefined ? undefined : formatId(key))
      }
      await trail.add(typeof trace === 'function' ? trace(added) : trace)
      return { outcome: 'accepted', id: formatId(seq), deliveries: added.filter((id) => id !== undefined) }
    },
  }
}

/** What these incidents are found by, whoever asks in whatever words. */
export function wordsOf(incidents: readonly string[]): string[] {
  return [...new Set(incidents.map((incident) => capped(searchWord(incident))))]
}

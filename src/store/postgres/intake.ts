import { capped, lineOf } from '../coding/capped.ts'
import { directionCode, stateCode } from '../coding/codes.ts'
import { isAlone, listed, turnOf } from '../coding/deliveries.ts'
import { formatId } from '../coding/ids.ts'
import type { Accepted, NewDelivery, NewEnvelope, TraceEvent, TraceOf } from '../contract.ts'
import { type Insert, wordsOf } from './insert.ts'
import { all, run } from './sql.ts'
import type { Tables } from './tables.ts'
import { TYPES } from './types.ts'

interface Incoming {
  readonly envelope: NewEnvelope
  readonly trace: readonly TraceEvent[] | TraceOf
}

/** Inside a transaction, in their order. */
type Intake = (incoming: readonly Incoming[]) => Promise<readonly Accepted[]>

/** A delivery of a message of which nothing is there yet. */
interface Row {
  readonly seq: number
  readonly envelope: number
  readonly destination: number
  readonly of: NewEnvelope
  readonly delivery: NewDelivery
}

/**
 * What is plain and new is written as one, however many messages it is of: a statement takes a journey to the server and back. All else is taken in
 * one by one (insert.ts), where it stands among the others: what repeats, parts of documents, what is held within a bound, what a file was
 * waited for, what is forgotten.
 */
export function createIntake(tables: Tables, insert: Insert): Intake {
  const { db, clock, keys, destinations, bodies, memory, trail, archive } = tables
  /** places among those that were asked about, of which something is there */
  const there = all<{ n: number }>(
    db,
    `SELECT a.n::integer AS n FROM unnest($1::text[], $2::text[], $3::smallint[], $4::integer[]) AS a (digest, source, direction, n)
     WHERE EXISTS (SELECT 1 FROM envelope e
       WHERE e.digest = a.digest AND md5(e.source) = md5(a.source) AND e.source = a.source AND e.direction = a.direction)
     UNION ALL SELECT i.n FROM unnest($5::text[], $6::integer[]) AS i (item, n)
     WHERE EXISTS (SELECT 1 FROM delivery d WHERE d.item = i.item) OR EXISTS (SELECT 1 FROM delivery d WHERE d.name = i.item)
       OR EXISTS (SELECT 1 FROM document_item m WHERE m.item = i.item)`,
  )
  const insertEnvelopes = run(
    db,
    `INSERT INTO envelope (seq, direction, source, digest, msg_type, incidents, received_at)
     SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])`,
  )
  const insertDeliveries = run(
    db,
    `WITH d AS (
       INSERT INTO delivery (seq, ord, envelope, destination, incident, also, words, origin, line, item, variant, name, state, ready,
         due, not_before, reason, created_at, updated_at)
       SELECT u.seq, u.seq, u.envelope, u.destination, u.incident, u.also, u.words::text[], u.origin, u.line, u.item, u.variant, u.name, u.state,
         u.first = 1 AND NOT EXISTS (SELECT 1 FROM delivery f
           WHERE f.destination = u.destination AND f.line = u.line AND f.state IN (0, 1)),
         u.due, u.not_before, u.reason, u.created_at, $18
       FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
         $10::text[], $11::text[], $12::smallint[], $13::smallint[], $14::bigint[], $15::bigint[], $16::text[], $17::bigint[])
         AS u (seq, envelope, destination, incident, also, words, origin, line, item, variant, name, state, first, due, not_before,
           reason, created_at)),
     b AS (INSERT INTO body (seq, digest, text) OVERRIDING SYSTEM VALUE
       SELECT seq, NULL, text FROM unnest($1::bigint[], $19::text[]) AS u (seq, text) WHERE text IS NOT NULL)
     INSERT INTO payload (delivery, body) SELECT seq, seq FROM unnest($1::bigint[], $19::text[]) AS u (seq, text) WHERE text IS NOT NULL`,
  )

  async function unknownOf(run: readonly Incoming[]): Promise<ReadonlySet<Incoming>> {
    const items = run.flatMap(({ envelope }, n) => envelope.deliveries.map(({ item }) => ({ item, n })))
    const known = await there(
      run.map(({ envelope }) => envelope.digest),
      run.map(({ envelope }) => envelope.source),
      run.map(({ envelope }) => directionCode(envelope.direction)),
      run.map((_, n) => n),
      items.map(({ item }) => item),
      items.map(({ n }) => n),
    )
    const places = new Set(known.map(({ n }) => n))
    return new Set(run.filter((_, n) => !places.has(n)))
  }

  async function insertFresh(incoming: readonly Incoming[]): Promise<readonly Accepted[]> {
    if (incoming.length === 0) return []
    const fresh = incoming.map(({ envelope }) => envelope)
    // before any key: each has to be greater than all that are in its line
    const to = new Map<NewDelivery, number>()
    for (const delivery of fresh.flatMap(({ deliveries }) => deliveries)) {
      to.set(delivery, await destinations.require(delivery.kind, delivery.destination))
    }
    await archive.keep(fresh.flatMap(({ record }) => (record === undefined ? [] : [{ record }])))
    const envelopes: number[] = []
    const rows: Row[] = []
    for (const of of fresh) {
      const envelope = await keys.next()
      envelopes.push(envelope)
      for (const delivery of of.deliveries) {
        rows.push({ seq: await keys.next(), envelope, destination: to.get(delivery)!, of, delivery })
      }
    }
    await memory.mark(fresh.flatMap(({ seen }) => seen ?? []))
    const events: TraceEvent[] = []
    const accepted = envelopes.map((seq, n): Accepted => {
      const { trace } = incoming[n]!
      const added = rows.filter((row) => row.envelope === seq).map((row) => formatId(row.seq))
      events.push(...(typeof trace === 'function' ? trace(added) : trace))
      return { outcome: 'accepted', id: formatId(seq), deliveries: added }
    })
    // in this order, in one journey: others wait for the lock meanwhile. A statement each, so that none comes after a failure
    await Promise.all([
      insertEnvelopes(
        envelopes,
        fresh.map(({ direction }) => directionCode(direction)),
        fresh.map(({ source }) => source),
        fresh.map(({ digest }) => digest),
        fresh.map(({ msgType }) => msgType),
        fresh.map(({ incidents }) => JSON.stringify(incidents)),
        fresh.map(({ receivedAt }) => receivedAt),
      ),
      insertRows(rows),
      trail.add(events),
    ])
    await bodies.keepShared(
      rows.filter(({ of }) => !isAlone(of)).map(({ seq, delivery }) => ({ seq, text: delivery.payload })),
    )
    return accepted
  }

  async function insertRows(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return
    const occupied = new Set<string>()
    const written = rows.map(({ of, destination, delivery }) => {
      const origin = capped(delivery.origin ?? of.source)
      const line = lineOf(delivery.incident, origin)
      const place = `${destination} ${line}`
      const isFirst = delivery.state === 'pending' && !occupied.has(place)
      if (isFirst) occupied.add(place)
      destinations.moved(destination, null, delivery.state)
      return { origin, line, isFirst, ...turnOf(delivery, of.receivedAt, undefined) }
    })
    await insertDeliveries(
      rows.map(({ seq }) => seq),
      rows.map(({ envelope }) => envelope),
      rows.map(({ destination }) => destination),
      rows.map(({ delivery }) => delivery.incident),
      rows.map(({ delivery }) => listed(delivery.also ?? [])),
      rows.map(({ delivery }) => TYPES.texts.serialize(wordsOf([delivery.incident, ...(delivery.also ?? [])]))),
      written.map(({ origin }) => origin),
      written.map(({ line }) => line),
      rows.map(({ delivery }) => delivery.item),
      rows.map(({ delivery }) => delivery.variant ?? ''),
      // nothing else is there of this item: it stands for itself
      rows.map(({ delivery }) => (delivery.apart === undefined ? null : delivery.item)),
      rows.map(({ delivery }) => stateCode(delivery.state)),
      written.map(({ isFirst }) => (isFirst ? 1 : 0)),
      written.map(({ due }) => due),
      written.map(({ notBefore }) => notBefore),
      rows.map(({ delivery }) => delivery.reason ?? null),
      rows.map(({ of }) => of.receivedAt),
      clock.now(),
      rows.map(({ of, delivery }) => (isAlone(of) ? delivery.payload : null)),
    )
  }

  return async (incoming) => {
    const done: Accepted[] = []
    let rest = incoming
    while (rest.length > 0) {
      const run = plainOnes(rest)
      const [unknown] = await (run.length === 0 ? [new Set<Incoming>()] : Promise.all([unknownOf(run), keys.ready()]))
      let count = 0
      while (count < run.length && unknown.has(run[count]!)) count += 1
      done.push(...(await insertFresh(run.slice(0, count))))
      const next = rest[count]
      // what follows may be plain and new again: it is looked at anew, since this one may be what it repeats
      if (next !== undefined) done.push(await insert.accept(next.envelope, next.trace))
      rest = rest.slice(count + 1)
    }
    return done
  }
}

/** Those at the beginning that are plain, and have nothing to do with each other but the lines they stand in. */
function plainOnes(incoming: readonly Incoming[]): readonly Incoming[] {
  const met = new Set<string>()
  const isOwn = (...words: readonly unknown[]) => {
    const key = JSON.stringify(words)
    return !met.has(key) && met.add(key)
  }
  const end = incoming.findIndex(({ envelope }) => {
    if (!isPlain(envelope)) return true
    const { digest, source, direction, deliveries, record } = envelope
    if (!isOwn('message', digest, source, direction)) return true
    if (record !== undefined && !isOwn('record', record.topic, capped(record.item))) return true
    const own = new Set(deliveries.map(({ item }) => item))
    return ![...own].every((item) => isOwn('item', item))
  })
  return end < 0 ? incoming : incoming.slice(0, end)
}

function isPlain({ deliveries, replaced, instead }: NewEnvelope): boolean {
  if (replaced !== undefined || instead !== undefined) return false
  const apart = new Set(deliveries.map(({ kind, destination, item }) => JSON.stringify([kind, destination, item])))
  return (
    apart.size === deliveries.length &&
    deliveries.every(({ group, bound }) => group === undefined && bound === undefined)
  )
}

import { HELD, SENDING } from '../coding/codes.ts'
import { EMPTY, ENOUGH } from '../coding/deliveries.ts'
import { formatId } from '../coding/ids.ts'
import type { ClaimRequest, Delivery } from '../contract.ts'
import type { Candidate } from './ahead.ts'
import { BODY_OF } from './bodies.ts'
import { createCandidates } from './candidates.ts'
import { fromKey } from './keys.ts'
import type { Lease } from './leases.ts'
import { PLACE, type Place } from './order.ts'
import { type ClaimRow, SUMMARY_COLUMNS, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { all, one, run } from './sql.ts'
import type { Tables } from './tables.ts'

interface Claims {
  /**
   * Outside of a transaction, and writes nothing. undefined: only `claim` can say what there is, since a lease ran out, a document of several
   * parts is due, or one cannot be sent.
   */
  claimByHeart(request: ClaimRequest): Delivery[][] | undefined
  /** Inside a transaction. */
  claim(request: ClaimRequest): Delivery[][]
  /** Inside a transaction: the tables know of these leases, or of all. */
  write(leases?: readonly Lease[]): void
  /** Inside a transaction: ends every lease there is. */
  releaseAll(): number
  /** Inside a transaction: what was written later than `now` waits from now on for as long as it was to wait from then on. */
  clockWentBack(now: number): number
}

const LEASED = 'FROM delivery INDEXED BY delivery_leased WHERE state = 1'

export function createClaims(tables: Tables): Claims {
  const { db, clock, leases, ahead, destinations, order, groups, waiting, trail } = tables
  const candidates = createCandidates(db, leases, ahead)
  const anyExpired = one(db, `SELECT 1 ${LEASED} AND destination = ? AND lease <= ? LIMIT 1`)
  const expired = all<Place>(db, `SELECT ${PLACE} ${LEASED} AND destination = ? AND lease <= ?`)
  const leased = all<Place>(db, `SELECT ${PLACE} ${LEASED}`)
  const members = all<Place & { item: string | Uint8Array }>(
    db,
    `SELECT ${PLACE}, item FROM delivery WHERE grp = ? AND state = 0 ORDER BY seq`,
  )
  const lease = run(
    db,
    `UPDATE delivery SET state = 1, ready = 0, not_before = NULL, lease = ?, updated_at = ?
     WHERE seq IN (SELECT value FROM json_each(?))`,
  )
  const writeOne = run(
    db,
    `UPDATE delivery SET state = 1, ready = 0, not_before = NULL, lease = ?, updated_at = ? WHERE seq = ? AND state = 0`,
  )
  const release = run(db, 'UPDATE delivery SET state = 0, lease = NULL, due = min(due, ?) WHERE seq = ?')
  const rebase = run(
    db,
    `UPDATE delivery SET due = ?1 + max(0, due - updated_at), not_before = ?1 + max(0, not_before - updated_at), updated_at = ?1
     WHERE seq IN (SELECT d.seq FROM delivery d INDEXED BY delivery_open WHERE d.state IN (0, 1) AND d.state = 0 AND d.updated_at > ?1)`,
  )
  const select = all<ClaimRow>(
    db,
    `SELECT ${SUMMARY_COLUMNS}, d.origin, b.text AS body
     FROM json_each(?) j CROSS JOIN ${SUMMARY_FROM} ${BODY_OF} WHERE d.seq = j.value`,
  )
  const selectReady = one<ClaimRow>(
    db,
    `SELECT ${SUMMARY_COLUMNS}, d.origin, b.text AS body
     FROM ${SUMMARY_FROM} ${BODY_OF} WHERE d.seq = ? AND d.state = 0 AND d.ready = 1`,
  )
  const hold = run(
    db,
    `UPDATE delivery SET state = ${HELD}, ready = 0, not_before = NULL, due = NULL, lease = NULL, reason = ?, updated_at = ? WHERE seq = ?`,
  )
  const place = one<Place>(db, `SELECT ${PLACE} FROM delivery WHERE seq = ?`)

  function releaseEach(places: readonly Place[], now: number): void {
    for (const place of places) {
      release(now, place.seq)
      destinations.moved(place, 'sending', 'pending')
    }
    order.returned(places)
  }

  function write(some: readonly Lease[] = leases.all()): void {
    for (const lease of some) {
      // what another process did to it meanwhile is not undone, and it goes on being sent all the same
      if (writeOne(lease.until, lease.since, lease.seq) === 0) continue
      leases.end(lease)
      destinations.leased(lease.destination)
    }
  }

  function asLeased(row: ClaimRow, payload: string, now: number): Delivery {
    return { ...toSummary({ ...row, state: SENDING, updated_at: now }, groups), payload }
  }

  /** By number: those that have something to send. The others are held. */
  function take(destination: number, seqs: readonly number[], { now, leaseMs }: ClaimRequest): Map<number, Delivery> {
    const taken = new Map<number, Delivery>()
    const empty: ClaimRow[] = []
    for (const row of select(JSON.stringify(seqs))) {
      if (row.body === null) empty.push(row)
      else {
        destinations.leased(destination)
        taken.set(row.seq, asLeased(row, row.body, now))
      }
    }
    lease(now + leaseMs, now, JSON.stringify([...taken.keys()]))
    for (const row of empty) holdEmpty(row, now)
    return taken
  }

  /** A damage of the store to one delivery is no reason to keep the others back. */
  function holdEmpty({ seq, incident, name, attempts }: SummaryRow, at: number): void {
    hold(EMPTY, at, seq)
    const left = place(seq)!
    destinations.moved(left, 'pending', 'held')
    order.left([left])
    waiting.ended(seq, false)
    trail.add([
      { at, incident, event: 'held', fields: { delivery: formatId(seq), destination: name, attempts, reason: EMPTY } },
    ])
  }

  /** All pending members of a group, in document order. */
  function takeGroup(destination: number, grp: number, request: ClaimRequest): Delivery[] {
    const unit = new Map<string, Delivery>()
    let rest = members(grp).map((place) => ({ item: fromKey(place.item), place }))
    for (;;) {
      // one message has no room for two variants of an item
      const firsts = firstOfEach(rest, unit)
      if (firsts.size === 0) break
      const taken = take(
        destination,
        Array.from(firsts.values(), ({ seq }) => seq),
        request,
      )
      for (const [item, { seq }] of firsts) if (taken.has(seq)) unit.set(item, taken.get(seq)!)
      rest = rest.filter(({ item, place }) => firsts.get(item) !== place)
    }
    order.returned(rest.map(({ place }) => place))
    const [first] = unit.values()
    const items = first?.group?.items ?? []
    // by the item itself: it may go out as another (NewDelivery.apart)
    const inOrder = [...unit].sort(([a], [b]) => items.indexOf(a) - items.indexOf(b))
    return inOrder.map(([, one]) => one)
  }

  /** Units that are due, up to the limit; `looked`: how many there were to look at. */
  function takeUnits(destination: number, request: ClaimRequest): { taken: Delivery[][]; looked: number } {
    const chosen = [...candidates.units(destination, request).take(request.limit)]
    const taken: Delivery[][] = []
    let size = 0
    for (let at = 0; at < chosen.length && size < ENOUGH; ) {
      const next = together(chosen, at, ENOUGH - size)
      at += next.length
      for (const { unit, origin } of takeEach(destination, next, request)) {
        if (unit.length === 0) continue
        taken.push(unit)
        ahead.served(destination, origin)
        for (const { payload } of unit) size += payload.length
      }
    }
    return { taken, looked: chosen.length }
  }

  function takeEach(destination: number, chosen: readonly Candidate[], request: ClaimRequest) {
    const [first] = chosen
    if (first !== undefined && first.grp !== null) {
      return [{ unit: takeGroup(destination, first.grp, request), origin: first.origin }]
    }
    const all = take(
      destination,
      chosen.map(({ seq }) => seq),
      request,
    )
    return chosen.map(({ seq, origin }) => ({ unit: [all.get(seq) ?? []].flat(), origin }))
  }

  function hasExpired(destination: number, now: number): boolean {
    for (const { until } of leases.at(destination)) if (until <= now) return true
    return destinations.count(destination, 'sending') > 0 && anyExpired(destination, now) !== undefined
  }

  /** Each by itself; undefined where one of them cannot be sent, or does not wait any more. */
  function takeByHeart(
    destination: number,
    chosen: readonly Candidate[],
    { now, leaseMs }: ClaimRequest,
  ): Delivery[][] | undefined {
    const rows: ClaimRow[] = []
    let size = 0
    for (const { seq, row = selectReady(seq) } of chosen) {
      if (row === undefined || row.body === null) return undefined
      rows.push(row)
      size += row.body.length
      if (size >= ENOUGH) break
    }
    for (const { seq, origin } of rows) {
      leases.take({ seq, destination, origin, since: now, until: now + leaseMs })
      ahead.served(destination, origin)
      ahead.taken(destination, seq)
    }
    destinations.touched(destination)
    return rows.map((row) => [asLeased(row, row.body!, now)])
  }

  return {
    claimByHeart(request) {
      const destination = destinations.find(request.kind, request.destination)
      if (destination === undefined || request.limit < 1 || destinations.isPaused(destination)) return []
      if (hasExpired(destination, request.now)) return undefined
      const waiting = destinations.count(destination, 'pending') - leases.count(destination)
      if (waiting <= 0) return []
      const chosen = candidates.next(destination, request, waiting)
      return chosen.some(({ grp }) => grp !== null) ? undefined : takeByHeart(destination, chosen, request)
    },
    write,
    claim(request) {
      write()
      const destination = destinations.find(request.kind, request.destination)
      ahead.forget(destination)
      if (destination === undefined || destinations.isPaused(destination)) return []
      if (destinations.count(destination, 'sending') > 0) releaseEach(expired(destination, request.now), request.now)
      for (;;) {
        const { taken, looked } = takeUnits(destination, request)
        // all of them were held instead: there may be more
        if (taken.length > 0 || looked === 0) return taken
      }
    },
    releaseAll() {
      const places = leased()
      releaseEach(places, clock.now())
      return places.length
    },
    clockWentBack(now) {
      destinations.touched()
      return rebase(now)
    },
  }
}

/** Of each item that is not in the unit yet. */
function firstOfEach(
  members: readonly { item: string; place: Place }[],
  unit: ReadonlyMap<string, Delivery>,
): Map<string, Place> {
  const firsts = new Map<string, Place>()
  for (const { item, place } of members) if (!unit.has(item) && !firsts.has(item)) firsts.set(item, place)
  return firsts
}

/** From there on: a group by itself, or those alone that are read at once, of which all but the last have fewer bytes than that. */
function together(chosen: readonly Candidate[], from: number, most: number): readonly Candidate[] {
  let bytes = 0
  let end = from
  for (const { grp, size } of chosen.slice(from)) {
    if (bytes >= most || (grp !== null && end > from)) break
    end += 1
    if (grp !== null) break
    bytes += size
  }
  return chosen.slice(from, end)
}

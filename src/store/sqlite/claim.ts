import type { ClaimRequest, Delivery } from '../contract.ts'
import { stateCode } from './codes.ts'
import { formatId } from './ids.ts'
import type { Place } from './order.ts'
import { SUMMARY_COLUMNS, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { all, one, run } from './sql.ts'
import type { Tables } from './tables.ts'

interface Claims {
  /** Whether a transaction is worth it. */
  isPossible(request: ClaimRequest): boolean
  /** Inside a transaction. */
  claim(request: ClaimRequest): Delivery[][]
  /** Inside a transaction: ends every lease there is. */
  releaseAll(): number
  /** Inside a transaction: what was written later than `now` waits from now on for as long as it was to wait from then on. */
  clockWentBack(now: number): number
}

interface Candidate {
  readonly seq: number
  readonly grp: number | null
}

const READY = 'FROM delivery WHERE destination = ?1 AND state = 0 AND ready = 1'
/** `early`: not due, but not tried since the destination came back either; a `notBefore` still counts. */
const EARLY = `${READY} AND due > ?2 AND updated_at < ?3 AND (not_before IS NULL OR not_before <= ?2)`
// `state <> 2` is what lets the partial index delivery_kept serve this
const LEASED = 'FROM delivery WHERE state <> 2 AND state = 1'

/** Characters of payload after which a claim is content with fewer units than it may take: reading holds up the thread. */
const ENOUGH = 4_194_304

export function createClaims({ db, clock, destinations, order, groups, trail }: Tables): Claims {
  const anyDue = one(db, `SELECT 1 ${READY} AND due <= ?2 LIMIT 1`)
  const anyEarly = one(db, `SELECT 1 ${EARLY} LIMIT 1`)
  const anyExpired = one(db, `SELECT 1 ${LEASED} AND destination = ? AND lease <= ? LIMIT 1`)
  const due = db.prepare(`SELECT seq, grp ${READY} AND due <= ?2 ORDER BY due, seq`)
  const early = db.prepare(`SELECT seq, grp ${EARLY} ORDER BY due, seq`)
  const expired = all<Place>(
    db,
    `SELECT seq, destination, incident, ord, grp ${LEASED} AND destination = ? AND lease <= ?`,
  )
  const leased = all<Place>(
    db,
    `SELECT seq, destination, incident, ord, grp ${LEASED} AND destination IN (SELECT id FROM destination)`,
  )
  const members = all<Omit<Place, 'destination'> & { item: string }>(
    db,
    'SELECT seq, item, incident, ord, grp FROM delivery WHERE grp = ? AND state = 0 ORDER BY seq',
  )
  const lease = run(
    db,
    'UPDATE delivery SET state = 1, ready = 0, not_before = NULL, lease = ?, updated_at = ? WHERE seq = ?',
  )
  const release = run(db, 'UPDATE delivery SET state = 0, lease = NULL, due = min(due, ?) WHERE seq = ?')
  const rebase = run(
    db,
    `UPDATE delivery SET due = ?1 + max(0, due - updated_at), not_before = ?1 + max(0, not_before - updated_at), updated_at = ?1
     WHERE state <> 2 AND state = 0 AND updated_at > ?1`,
  )
  const select = one<SummaryRow & { body: string | null }>(
    db,
    `SELECT ${SUMMARY_COLUMNS}, p.body FROM ${SUMMARY_FROM} LEFT JOIN payload p ON p.delivery = d.seq WHERE d.seq = ?`,
  )

  const hold = run(
    db,
    `UPDATE delivery SET state = ${stateCode('held')}, due = NULL, lease = NULL, reason = ?, updated_at = ? WHERE seq = ?`,
  )
  const place = one<Place>(db, 'SELECT seq, destination, incident, ord, grp FROM delivery WHERE seq = ?')

  function releaseEach(places: readonly Place[], now: number): void {
    for (const { seq, destination } of places) {
      release(now, seq)
      destinations.moved(destination, 'sending', 'pending')
    }
    for (const place of places) order.returned(place)
  }

  /** One candidate per unit: all members of a group are ready together. */
  function* units(destination: number, request: ClaimRequest): Generator<Candidate> {
    const groupsMet = new Set<number>()
    function* distinct(rows: Iterable<unknown>): Generator<Candidate> {
      for (const row of rows as Iterable<Candidate>) {
        if (row.grp !== null && groupsMet.has(row.grp)) continue
        if (row.grp !== null) groupsMet.add(row.grp)
        yield row
      }
    }
    yield* distinct(due.iterate(destination, request.now))
    if (request.early !== undefined) yield* distinct(early.iterate(destination, request.now, request.early))
  }

  /** undefined: there is nothing to send, and it is held. */
  function take(destination: number, seq: number, { now, leaseMs }: ClaimRequest): Delivery | undefined {
    lease(now + leaseMs, now, seq)
    const row = select(seq)!
    if (row.body === null) {
      holdEmpty(row, now)
      return undefined
    }
    destinations.moved(destination, 'pending', 'sending')
    return { ...toSummary(row, groups), payload: row.body }
  }

  /** A damage of the store to one delivery is no reason to keep the others back. */
  function holdEmpty({ seq, incident, name, attempts }: SummaryRow, at: number): void {
    const reason = 'its payload is missing in the store'
    hold(reason, at, seq)
    const left = place(seq)!
    destinations.moved(left.destination, 'pending', 'held')
    order.left(left)
    trail.add([
      { at, incident, event: 'held', fields: { delivery: formatId(seq), destination: name, attempts, reason } },
    ])
  }

  /** Units that are due, up to the limit; `looked`: how many there were to look at. */
  function takeUnits(destination: number, request: ClaimRequest): { taken: Delivery[][]; looked: number } {
    const chosen: Candidate[] = []
    for (const unit of units(destination, request)) {
      if (chosen.push(unit) >= request.limit) break
    }
    const taken: Delivery[][] = []
    let size = 0
    for (const { seq, grp } of chosen) {
      if (size >= ENOUGH) break
      const unit: Delivery[] = []
      const later: Place[] = []
      for (const member of grp === null ? [{ seq }] : members(grp)) {
        // one message has no room for two variants of an item
        if ('item' in member && unit.some((one) => one.item === member.item)) later.push({ ...member, destination })
        else {
          const delivery = take(destination, member.seq, request)
          if (delivery !== undefined) unit.push(delivery)
        }
      }
      for (const one of later) order.returned(one)
      if (unit.length === 0) continue
      const items = unit[0]?.group?.items
      taken.push(items === undefined ? unit : unit.sort((a, b) => items.indexOf(a.item) - items.indexOf(b.item)))
      for (const { payload } of unit) size += payload.length
    }
    return { taken, looked: chosen.length }
  }

  return {
    isPossible({ kind, destination: name, limit, now, early: since }) {
      const destination = destinations.find(kind, name)
      if (destination === undefined || limit < 1) return false
      if (anyDue(destination, now) !== undefined || anyExpired(destination, now) !== undefined) return true
      return since !== undefined && anyEarly(destination, now, since) !== undefined
    },
    claim(request) {
      const destination = destinations.find(request.kind, request.destination)
      if (destination === undefined) return []
      releaseEach(expired(destination, request.now), request.now)
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
    clockWentBack: (now) => rebase(now),
  }
}

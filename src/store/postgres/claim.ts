import { HELD, SENDING } from '../coding/codes.ts'
import { EMPTY, ENOUGH } from '../coding/deliveries.ts'
import { formatId } from '../coding/ids.ts'
import type { ClaimRequest, Delivery } from '../contract.ts'
import { BODY_OF } from './bodies.ts'
import { type Candidate, createCandidates } from './candidates.ts'
import type { Leases, UnheardOf } from './leases.ts'
import { PLACE, type Place } from './order.ts'
import { COLUMNS_WITHOUT_LISTS, type Documents, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { all, run } from './sql.ts'
import type { Tables } from './tables.ts'

/**
 * Inside a transaction that has the destination locked: of two gateways one waits, and does not see what the other took. Behind what nobody
 * heard of, that is taken back first.
 */
type Claim = (request: ClaimRequest, unheard: UnheardOf | undefined) => Promise<Delivery[][]>

interface Member extends Place {
  readonly item: string
  /** of its payload; null where that is missing */
  readonly size: number | null
}

export function createClaim(tables: Tables, leases: Leases): Claim {
  const { db, owner, destinations, order, waiting, trail } = tables
  const candidates = createCandidates(db)
  const members = all<Member>(
    db,
    `SELECT d.seq, d.destination, d.line, d.ord, d.grp, d.item, length(b.text) AS size FROM delivery d ${BODY_OF}
     WHERE d.seq = ANY($1::bigint[]) OR (d.grp = ANY($2::bigint[]) AND d.state = 0) ORDER BY d.seq`,
  )
  const lease = run(
    db,
    `UPDATE delivery SET state = ${SENDING}, ready = false, not_before = NULL, lease = $1, owner = $2, updated_at = $3
     WHERE seq = ANY($4::bigint[])`,
  )
  const select = all<SummaryRow & { body: string }>(
    db,
    `SELECT ${COLUMNS_WITHOUT_LISTS}, b.text AS body FROM ${SUMMARY_FROM} ${BODY_OF} WHERE d.seq = ANY($1::bigint[])`,
  )
  const lists = all<{ id: string; items: string }>(
    db,
    'SELECT m.id, m.items FROM delivery_group g JOIN document m ON m.seq = g.document WHERE g.seq = ANY($1::bigint[])',
  )
  const hold = all<Place & { incident: string; attempts: number }>(
    db,
    `UPDATE delivery SET state = ${HELD}, ready = false, due = NULL, lease = NULL, owner = NULL, reason = $1, updated_at = $2
     WHERE seq = ANY($3::bigint[]) RETURNING ${PLACE}, incident, attempts`,
  )

  /** A damage of the store to one delivery is no reason to keep the others back. */
  async function holdEmpty(empty: readonly Member[], { destination: name, now: at }: ClaimRequest): Promise<void> {
    if (empty.length === 0) return
    const seqs = empty.map(({ seq }) => seq)
    const rows = await hold(EMPTY, at, seqs)
    for (const { destination } of rows) destinations.moved(destination, 'pending', 'held')
    await order.left(rows)
    await waiting.ended(seqs.map((seq) => ({ seq, delivered: false })))
    await trail.add(
      rows.map(({ seq, incident, attempts }) => {
        return {
          at,
          incident,
          event: 'held',
          fields: { delivery: formatId(seq), destination: name, attempts, reason: EMPTY },
        }
      }),
    )
  }

  /** The units of candidates, each with what is there of it; as many as are enough. `later`: what its unit has no room for. */
  async function unitsOf(chosen: readonly Candidate[]): Promise<{ units: Member[][]; later: Member[] }> {
    const groups = chosen.flatMap(({ grp }) => (grp === null ? [] : [grp]))
    const rows = await members(
      chosen.filter(({ grp }) => grp === null).map(({ seq }) => seq),
      groups,
    )
    const later: Member[] = []
    const units: Member[][] = []
    let size = 0
    for (const { seq, grp } of chosen) {
      if (size >= ENOUGH) break
      const unit: Member[] = []
      for (const member of rows.filter((row) => (grp === null ? row.seq === seq : row.grp === grp))) {
        // one message has no room for two variants of an item
        if (unit.some((one) => one.item === member.item && one.size !== null)) later.push(member)
        else unit.push(member)
        size += member.size ?? 0
      }
      units.push(unit)
    }
    return { units, later }
  }

  async function documentsOf(members: readonly Member[]): Promise<Documents> {
    const groups = [...new Set(members.flatMap(({ grp }) => grp ?? []))]
    const found = groups.length === 0 ? [] : await lists(groups)
    return new Map(found.map(({ id, items }) => [id, { id, items: JSON.parse(items) as string[] }]))
  }

  async function take(destination: number, chosen: readonly Candidate[], request: ClaimRequest): Promise<Delivery[][]> {
    const { now, leaseMs } = request
    const { units, later } = await unitsOf(chosen)
    const all = units.flat()
    const full = all.filter(({ size }) => size !== null)
    const seqs = full.map(({ seq }) => seq)
    if (seqs.length > 0) await lease(now + leaseMs, owner, now, seqs)
    for (const _ of seqs) destinations.moved(destination, 'pending', 'sending')
    await holdEmpty(
      all.filter(({ size }) => size === null),
      request,
    )
    await order.returned(later)
    const documents = await documentsOf(all)
    const rows = seqs.length === 0 ? [] : await select(seqs)
    const bySeq = new Map(rows.map((row) => [row.seq, { ...toSummary(row, documents), payload: row.body }]))
    const taken = units.map((unit) => unit.flatMap(({ seq, item }) => ({ item, one: bySeq.get(seq) })))
    for (const [n, unit] of taken.entries()) {
      if (unit.some(({ one }) => one !== undefined)) candidates.served(destination, chosen[n]!.origin)
    }
    return taken.flatMap((unit) => {
      const there = unit.flatMap(({ item, one }) => (one === undefined ? [] : [{ item, one }]))
      const items = there[0]?.one.group?.items ?? []
      const sorted = there.toSorted((a, b) => items.indexOf(a.item) - items.indexOf(b.item)).map(({ one }) => one)
      return sorted.length === 0 ? [] : [sorted]
    })
  }

  return async (request, unheard) => {
    const destination = await destinations.find(request.kind, request.destination)
    if (destination === undefined) return []
    if (unheard !== undefined) await leases.releaseUnheard(destination, unheard)
    if (await destinations.isPaused(destination)) return []
    await leases.releaseExpired(destination, request.now)
    for (;;) {
      const chosen = await candidates.units(destination, request)
      const taken = chosen.length === 0 ? [] : await take(destination, chosen, request)
      // all of them were held instead: there may be more
      if (taken.length > 0 || chosen.length === 0) return taken
    }
  }
}

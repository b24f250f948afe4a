import { DISCARDED, HELD } from '../coding/codes.ts'
import { firstKeyAt, formatId } from '../coding/ids.ts'
import { BOUND_AGE, FEW, OPEN_AGE, PAYLOAD_AGE, STEP, TRACE_AGE } from '../coding/retention.ts'
import type { TraceOfDeed } from '../contract.ts'
import type { Operator } from './operator.ts'
import { all, one, run } from './sql.ts'
import type { Tables } from './tables.ts'

/** Of `delivery d`, at `?1`. */
const SETTLED = `d.state IN (2, ${DISCARDED}) AND d.updated_at < ?1 AS settled`
const BEGINNING = { body: 0, seq: 0 }

/** Inside a transaction, one step: how many rows went, and whether there may be more. */
type PruneStep = (now: number, trace?: TraceOfDeed) => { dropped: number; more: boolean }

/** In this order. */
export function createPrune({ db, bodies, incidents }: Tables, operator: Operator): readonly PruneStep[] {
  const oldPayloads = all<{ seq: number; body: number; settled: number }>(
    db,
    `SELECT b.seq, b.seq AS body, ${SETTLED} FROM body b CROSS JOIN delivery d ON d.seq = b.seq
     WHERE d.body = d.seq AND (b.seq, b.seq) > (?2, ?3) AND b.seq < ?4
     UNION ALL SELECT d.seq, d.body, ${SETTLED} FROM delivery d INDEXED BY delivery_body
     WHERE d.body <> d.seq AND (d.body, d.seq) > (?2, ?3) AND d.body < ?4 ORDER BY body, seq LIMIT ${STEP}`,
  )
  const oldHeld = all<{ seq: number }>(
    db,
    `SELECT seq FROM delivery INDEXED BY delivery_bound
     WHERE bound IS NOT NULL AND state = ${HELD} AND updated_at < ? LIMIT ${STEP}`,
  )
  const oldGroups = all<{ seq: number; document: number }>(
    db,
    `SELECT seq, document FROM delivery_group WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ${STEP}`,
  )
  const isNeeded = one(db, 'SELECT 1 FROM delivery WHERE grp = ? AND body IS NOT NULL LIMIT 1')
  const leaveGroup = run(db, 'UPDATE delivery SET grp = NULL WHERE grp = ?')
  const dropGroup = run(db, 'DELETE FROM delivery_group WHERE seq = ?')
  const dropDocument = run(
    db,
    'DELETE FROM document WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM delivery_group WHERE document = ?1)',
  )
  const openDocuments = all<{ seq: number }>(
    db,
    `SELECT seq FROM document WHERE open = 1 AND seq < ? ORDER BY seq LIMIT ${FEW}`,
  )
  const dropItems = run(
    db,
    `DELETE FROM document_item WHERE document = ?1
       AND item IN (SELECT value FROM document d, json_each(d.items) WHERE d.seq = ?1)`,
  )
  const forgetPlaces = run(db, `UPDATE delivery_group SET came = '' WHERE document = ?`)
  const close = run(db, 'UPDATE document SET open = 0 WHERE seq = ?')
  const oldTrace = one<{ seq: number | null }>(
    db,
    `SELECT max(seq) AS seq FROM (SELECT seq, at FROM trace ORDER BY seq LIMIT ${STEP}) WHERE at < ?`,
  )
  const dropTrace = all<{ incident: number }>(db, 'DELETE FROM trace WHERE seq <= ? AND at < ? RETURNING incident')
  /** Old payloads that must stay (held ones) are not looked at again in the same round. */
  let passed = BEGINNING
  let passedGroup = 0

  return [
    function discardHeld(now, trace) {
      const rows = oldHeld(now - BOUND_AGE)
      for (const { seq } of rows) operator.discard(formatId(seq), now, trace)
      return { dropped: rows.length, more: rows.length === STEP }
    },
    function dropPayloads(now) {
      const rows = oldPayloads(now - PAYLOAD_AGE, passed.body, passed.seq, firstKeyAt(now - PAYLOAD_AGE))
      const settled = rows.filter((row) => row.settled === 1)
      for (const { seq } of settled) bodies.drop(seq)
      const more = rows.length === STEP
      passed = more ? rows.at(-1)! : BEGINNING
      return { dropped: settled.length, more }
    },
    function dropGroups(now) {
      const rows = oldGroups(passedGroup, firstKeyAt(now - PAYLOAD_AGE))
      let members = 0
      for (const { seq, document } of rows) {
        passedGroup = seq
        if (isNeeded(seq) !== undefined) continue
        members += leaveGroup(seq)
        dropGroup(seq)
        dropItems(document)
        dropDocument(document)
        if (members >= STEP) return { dropped: 0, more: true }
      }
      const more = rows.length === STEP
      if (!more) passedGroup = 0
      return { dropped: 0, more }
    },
    function closeDocuments(now) {
      const rows = openDocuments(firstKeyAt(now - OPEN_AGE))
      for (const { seq } of rows) {
        dropItems(seq)
        forgetPlaces(seq)
        close(seq)
        // of one that an item told of, and no delivery is
        dropDocument(seq)
      }
      return { dropped: 0, more: rows.length === FEW }
    },
    function dropTraces(now) {
      const last = oldTrace(now - TRACE_AGE)?.seq ?? null
      const dropped = last === null ? [] : dropTrace(last, now - TRACE_AGE)
      incidents.drop(dropped.map(({ incident }) => incident))
      return { dropped: dropped.length, more: dropped.length === STEP }
    },
  ]
}

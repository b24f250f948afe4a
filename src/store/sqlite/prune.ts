import type { TraceOfDeed } from '../contract.ts'
import { DISCARDED, HELD } from './codes.ts'
import { firstKeyAt, formatId } from './ids.ts'
import type { Operator } from './operator.ts'
import { all, one, run } from './sql.ts'
import type { Tables } from './tables.ts'

const DAY = 86_400_000
/** How long the document of a delivered or discarded delivery can still be shown. Keys and digests stay for ever. */
const PAYLOAD_AGE = 30 * DAY
/** How long what is held under a name (HeldBound) waits for an operator. */
const BOUND_AGE = 30 * DAY
const TRACE_AGE = 400 * DAY
/** rows looked at per transaction: a few ms */
const STEP = 200

/** Inside a transaction, one step: how many rows went, and whether there may be more. */
type PruneStep = (now: number, trace?: TraceOfDeed) => { dropped: number; more: boolean }

/** In this order. */
export function createPrune({ db, bodies }: Tables, operator: Operator): readonly PruneStep[] {
  const oldPayloads = all<{ seq: number; settled: number }>(
    db,
    `SELECT d.seq, d.state IN (2, ${DISCARDED}) AND d.updated_at < ?1 AS settled
     FROM payload p CROSS JOIN delivery d ON d.seq = p.delivery
     WHERE p.delivery > ?2 AND p.delivery < ?3 ORDER BY p.delivery LIMIT ${STEP}`,
  )
  const oldHeld = all<{ seq: number }>(
    db,
    `SELECT seq FROM delivery INDEXED BY delivery_bound
     WHERE bound IS NOT NULL AND state = ${HELD} AND updated_at < ? LIMIT ${STEP}`,
  )
  const oldTrace = one<{ seq: number | null }>(
    db,
    `SELECT max(seq) AS seq FROM (SELECT seq, at FROM trace ORDER BY seq LIMIT ${STEP}) WHERE at < ?`,
  )
  const dropTrace = run(db, 'DELETE FROM trace WHERE seq <= ? AND at < ?')
  /** Old payloads that must stay (held ones) are not looked at again in the same round. */
  let passed = 0

  return [
    function discardHeld(now, trace) {
      const rows = oldHeld(now - BOUND_AGE)
      for (const { seq } of rows) operator.discard(formatId(seq), now, trace)
      return { dropped: rows.length, more: rows.length === STEP }
    },
    function dropPayloads(now) {
      const rows = oldPayloads(now - PAYLOAD_AGE, passed, firstKeyAt(now - PAYLOAD_AGE))
      const settled = rows.filter((row) => row.settled === 1)
      for (const { seq } of settled) bodies.drop(seq)
      const more = rows.length === STEP
      passed = more ? rows.at(-1)!.seq : 0
      return { dropped: settled.length, more }
    },
    function dropTraces(now) {
      const last = oldTrace(now - TRACE_AGE)?.seq ?? null
      const dropped = last === null ? 0 : dropTrace(last, now - TRACE_AGE)
      return { dropped, more: dropped === STEP }
    },
  ]
}

import { firstKeyAt } from './ids.ts'
import { all, one, run } from './sql.ts'
import type { Tables } from './tables.ts'

const DAY = 86_400_000
/** How long the document of a delivered or discarded delivery can still be shown. Keys and digests stay for ever. */
const PAYLOAD_AGE = 30 * DAY
const TRACE_AGE = 400 * DAY
/** rows looked at per transaction: a few ms */
const STEP = 200

interface Prune {
  /** Inside a transaction: one step. How many rows went, and whether there may be more. */
  payloads(now: number): { dropped: number; more: boolean }
  trace(now: number): { dropped: number; more: boolean }
}

export function createPrune({ db }: Tables): Prune {
  const oldPayloads = all<{ seq: number; settled: number }>(
    db,
    `SELECT d.seq, d.state IN (2, 5) AND d.updated_at < ?1 AS settled
     FROM payload p CROSS JOIN delivery d ON d.seq = p.delivery
     WHERE p.delivery > ?2 AND p.delivery < ?3 ORDER BY p.delivery LIMIT ${STEP}`,
  )
  const dropPayload = run(db, 'DELETE FROM payload WHERE delivery = ?')
  const oldTrace = one<{ seq: number | null }>(
    db,
    `SELECT max(seq) AS seq FROM (SELECT seq, at FROM trace ORDER BY seq LIMIT ${STEP}) WHERE at < ?`,
  )
  const dropTrace = run(db, 'DELETE FROM trace WHERE seq <= ? AND at < ?')
  /** Old payloads that must stay (held ones) are not looked at again in the same round. */
  let passed = 0

  return {
    payloads(now) {
      const rows = oldPayloads(now - PAYLOAD_AGE, passed, firstKeyAt(now - PAYLOAD_AGE))
      const settled = rows.filter((row) => row.settled === 1)
      for (const { seq } of settled) dropPayload(seq)
      const more = rows.length === STEP
      passed = more ? rows.at(-1)!.seq : 0
      return { dropped: settled.length, more }
    },
    trace(now) {
      const last = oldTrace(now - TRACE_AGE)?.seq ?? null
      const dropped = last === null ? 0 : dropTrace(last, now - TRACE_AGE)
      return { dropped, more: dropped === STEP }
    },
  }
}

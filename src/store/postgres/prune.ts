import { DISCARDED, HELD } from '../coding/codes.ts'
import { firstKeyAt, formatId } from '../coding/ids.ts'
import { BOUND_AGE, FEW, OPEN_AGE, PAYLOAD_AGE, STEP, TRACE_AGE } from '../coding/retention.ts'
import type { TraceOfDeed } from '../contract.ts'
import type { Operator } from './operator.ts'
import { all, type Db, one, run } from './sql.ts'
import type { Tables } from './tables.ts'
import { UNDATED } from './trace-weeks.ts'

/** Inside a transaction, one step: how many rows went, and whether there may be more. */
type PruneStep = (now: number, trace?: TraceOfDeed) => Promise<{ dropped: number; more: boolean }>

/** In this order. */
export function createPrune({ db, bodies, destinations }: Tables, operator: Operator): readonly PruneStep[] {
  const oldPayloads = all<{ seq: number; destination: number; settled: boolean }>(
    db,
    `SELECT d.seq, d.destination, d.state IN (2, ${DISCARDED}) AND d.updated_at < $1 AS settled
     FROM payload p JOIN delivery d ON d.seq = p.delivery
     WHERE p.delivery > $2 AND p.delivery < $3 ORDER BY p.delivery LIMIT ${STEP}`,
  )
  const stillSettled = all<{ seq: number }>(
    db,
    `SELECT seq FROM delivery WHERE seq = ANY($1::bigint[]) AND state IN (2, ${DISCARDED}) AND updated_at < $2`,
  )
  const oldHeld = all<{ seq: number }>(
    db,
    `SELECT seq FROM delivery WHERE bound IS NOT NULL AND state = ${HELD} AND updated_at < $1 ORDER BY seq LIMIT ${STEP}`,
  )
  const oldGroups = all<{ seq: number; document: number }>(
    db,
    `SELECT seq, document FROM delivery_group WHERE seq > $1 AND seq < $2 ORDER BY seq LIMIT ${STEP}`,
  )
  const isNeeded = one(db, 'SELECT 1 FROM delivery d JOIN payload p ON p.delivery = d.seq WHERE d.grp = $1 LIMIT 1')
  const leaveGroup = run(db, 'UPDATE delivery SET grp = NULL WHERE grp = $1')
  const dropGroup = run(db, 'DELETE FROM delivery_group WHERE seq = $1')
  const dropDocument = run(
    db,
    'DELETE FROM document WHERE seq = $1 AND NOT EXISTS (SELECT 1 FROM delivery_group WHERE document = $1)',
  )
  const openDocuments = all<{ seq: number }>(
    db,
    `SELECT seq FROM document WHERE open AND seq < $1 ORDER BY seq LIMIT ${FEW}`,
  )
  const dropItems = run(db, 'DELETE FROM document_item WHERE document = $1')
  const forgetPlaces = run(db, `UPDATE delivery_group SET came = '' WHERE document = $1`)
  const close = run(db, 'UPDATE document SET open = false WHERE seq = $1')
  /** Old payloads that must stay (held ones) are not looked at again in the same round. */
  let passed = 0
  let passedGroup = 0

  /** Once more behind the lock of their destinations: what an operator takes up again meanwhile has something to send. */
  async function settledOf(
    rows: readonly { seq: number; destination: number }[],
    before: number,
  ): Promise<readonly number[]> {
    if (rows.length === 0) return []
    await destinations.hold(rows.map(({ destination }) => destination))
    const seqs = rows.map(({ seq }) => seq)
    return (await stillSettled(seqs, before)).map(({ seq }) => seq)
  }

  return [
    async function discardHeld(now, trace) {
      const rows = await oldHeld(now - BOUND_AGE)
      for (const { seq } of rows) await operator.discard(formatId(seq), now, trace)
      return { dropped: rows.length, more: rows.length === STEP }
    },
    async function dropPayloads(now) {
      const rows = await oldPayloads(now - PAYLOAD_AGE, passed, firstKeyAt(now - PAYLOAD_AGE))
      const settled = await settledOf(
        rows.filter((row) => row.settled),
        now - PAYLOAD_AGE,
      )
      await bodies.drop(settled)
      const more = rows.length === STEP
      passed = more ? rows.at(-1)!.seq : 0
      return { dropped: settled.length, more }
    },
    async function dropGroups(now) {
      const rows = await oldGroups(passedGroup, firstKeyAt(now - PAYLOAD_AGE))
      let members = 0
      for (const { seq, document } of rows) {
        passedGroup = seq
        if ((await isNeeded(seq)) !== undefined) continue
        members += await leaveGroup(seq)
        await dropGroup(seq)
        await dropItems(document)
        await dropDocument(document)
        if (members >= STEP) return { dropped: 0, more: true }
      }
      const more = rows.length === STEP
      if (!more) passedGroup = 0
      return { dropped: 0, more }
    },
    async function closeDocuments(now) {
      const rows = await openDocuments(firstKeyAt(now - OPEN_AGE))
      for (const { seq } of rows) {
        await dropItems(seq)
        await forgetPlaces(seq)
        await close(seq)
        // of one that an item told of, and no delivery is
        await dropDocument(seq)
      }
      return { dropped: 0, more: rows.length === FEW }
    },
    ...UNDATED.map((part) => dropTraces(db, part)),
  ]
}

/** Rows of a part that goes on. */
function dropTraces(db: Db, part: string): PruneStep {
  const oldTrace = one<{ seq: number | null }>(
    db,
    `SELECT max(seq) AS seq FROM (SELECT seq, at FROM ${part} ORDER BY seq LIMIT ${STEP}) t WHERE at < $1`,
  )
  const dropTrace = run(db, `DELETE FROM ${part} WHERE seq <= $1 AND at < $2`)
  return async (now) => {
    const last = (await oldTrace(now - TRACE_AGE))?.seq ?? null
    const dropped = last === null ? 0 : await dropTrace(last, now - TRACE_AGE)
    return { dropped, more: dropped === STEP }
  }
}

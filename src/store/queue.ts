import { DISCARDED, STATES, stateCode, WITHHELD } from './codes.ts'
import { parseId } from './ids.ts'
import { SUMMARY_COLUMNS, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { one } from './sql.ts'
import type { Backlog, Delivery, DeliverySummary, QueueFilter, Store } from './store.ts'
import type { Tables } from './tables.ts'
import { isAskedFor } from './trail.ts'

/** What is read of the queue; never a payload but by `show` and `findPayload`. */
export interface Queue {
  /** The latest `limit` (1000) of those asked for, oldest first. */
  list(filter: QueueFilter): DeliverySummary[]
  show(id: string): Delivery | undefined
  findPayload: Store['findPayload']
  backlog(): Backlog[]
}

const LIMIT = 1000

export function createQueue({ db, destinations, groups }: Tables): Queue {
  db.function('asked_for', { deterministic: true }, (key, asked) => (isAskedFor(String(key), String(asked)) ? 1 : 0))
  const show = one<SummaryRow & { body: string | null }>(
    db,
    `SELECT ${SUMMARY_COLUMNS}, p.body FROM ${SUMMARY_FROM} LEFT JOIN payload p ON p.delivery = d.seq WHERE d.seq = ?`,
  )
  const payload = one<{ body: string }>(
    db,
    `SELECT p.body FROM delivery d JOIN payload p ON p.delivery = d.seq JOIN envelope e ON e.seq = d.envelope
     WHERE d.item = ?1 AND d.destination = ?2 AND (?3 IS NULL OR e.source IN (SELECT value FROM json_each(?3))) AND d.state NOT IN (${WITHHELD}, ${DISCARDED}) ORDER BY d.seq DESC LIMIT 1`,
  )
  const oldest = one<{ at: number | null }>(
    db,
    `SELECT min(created_at) AS at FROM delivery WHERE seq IN (
       SELECT min(seq) FROM delivery WHERE destination = ?1 AND state <> 2 AND state = 0
       UNION ALL SELECT min(seq) FROM delivery WHERE destination = ?1 AND state <> 2 AND state = 1)`,
  )
  const due = one<{ at: number | null }>(
    db,
    'SELECT min(due) AS at FROM delivery WHERE destination = ? AND state = 0 AND ready = 1',
  )
  const leaseEnd = one<{ at: number | null }>(
    db,
    'SELECT min(lease) AS at FROM delivery WHERE destination = ? AND state <> 2 AND state = 1',
  )

  function earliest(...times: readonly (number | null)[]): number | null {
    const known = times.filter((time) => time !== null)
    return known.length === 0 ? null : Math.min(...known)
  }

  return {
    list({ states, destination, incident, limit = LIMIT }) {
      const wanted = states ?? STATES
      const where = [`d.state IN (${wanted.map(stateCode).join(', ')})`]
      const values: (string | number | null)[] = []
      // delivered ones are the many: only where they are asked for is the whole table walked
      if (!wanted.includes('delivered')) where.push('d.state <> 2')
      if (destination !== undefined || !wanted.includes('delivered')) {
        where.push('d.destination IN (SELECT id FROM destination WHERE name = coalesce(?, name))')
        values.push(destination ?? null)
      }
      if (incident !== undefined) {
        where.push('asked_for(d.incident, ?)')
        values.push(incident)
      }
      const sql = `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE d.seq IN (
          SELECT d.seq FROM delivery d WHERE ${where.join(' AND ')} ORDER BY d.seq DESC LIMIT ?
        ) ORDER BY d.seq`
      const rows = db.prepare(sql).all(...values, limit) as unknown as SummaryRow[]
      return rows.map((row) => toSummary(row, groups))
    },
    show(id) {
      const row = show(parseId(id) ?? -1)
      return row === undefined ? undefined : { ...toSummary(row, groups), payload: row.body ?? '' }
    },
    findPayload(kind, name, item, sources) {
      const destination = destinations.find(kind, name)
      return destination === undefined
        ? undefined
        : payload(item, destination, sources === undefined ? null : JSON.stringify(sources))?.body
    },
    backlog: () =>
      destinations.all().map(({ id, kind, name, ...counts }) => ({
        kind,
        destination: name,
        ...counts,
        oldest: counts.pending + counts.sending === 0 ? null : (oldest(id)?.at ?? null),
        due: counts.pending === 0 ? null : earliest(due(id)!.at, leaseEnd(id)!.at),
      })),
  }
}

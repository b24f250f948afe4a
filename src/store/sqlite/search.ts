import type { DatabaseSync } from 'node:sqlite'
import { beginningsAround } from '../../iodef/address-range.ts'
import type { ArchivedRecord, RecordQuery, RecordTerm } from '../archive.ts'
import { boundsOf, FREQUENT, newestOf, type RecordRow, toRecord } from '../coding/search.ts'
import { all, type Value } from './sql.ts'

interface Condition {
  readonly sql: string
  readonly values: readonly Value[]
}

/** Looks for records. What is held of it at a time is bounded by the query and by FREQUENT, never by how much is kept. */
export function createSearch(db: DatabaseSync): (query: RecordQuery) => ArchivedRecord[] | 'too-many' {
  // bodies of those that are shown, and no others
  const rows = all<RecordRow>(
    db,
    `SELECT topic, item, content, taken_in, needed, body FROM record JOIN record_body ON record = seq
     WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,
  )
  return (query) => {
    const where = [...visible(query), ...bounds(query), ...query.terms.map((group) => holding(db, group))]
    const found = all<{ seq: number; content: string }>(
      db,
      `SELECT seq, content FROM record WHERE ${where.map(({ sql }) => sql).join(' AND ')} LIMIT ?`,
    )(...where.flatMap(({ values }) => values), query.most + 1)
    if (found.length > query.most) return 'too-many'
    const newest = newestOf(found)
    return rows(JSON.stringify(newest.slice(0, query.limit))).map(toRecord)
  }
}

/** `+`: an index over Topics would narrow down less than any other. */
function visible({ topics, needed }: RecordQuery): Condition[] {
  const labels = needed.map((list) => list.join(' '))
  return [
    { sql: '+topic IN (SELECT value FROM json_each(?))', values: [JSON.stringify(topics)] },
    { sql: 'needed IN (SELECT value FROM json_each(?))', values: [JSON.stringify(labels)] },
  ]
}

function bounds(query: RecordQuery): Condition[] {
  return boundsOf(query).map(([comparison, value]) => ({ sql: `${comparison} ?`, values: [value] }))
}

/** Records that hold one of these terms at least: by the list of them all where that is short, else each asked by itself. */
function holding(db: DatabaseSync, group: readonly RecordTerm[]): Condition {
  const ways = group.flatMap(fitting)
  const values = ways.flatMap((way) => way.values)
  const places = ways.map((way) => `SELECT record FROM record_term WHERE ${way.sql}`).join(' UNION ALL ')
  const [counted] = all<{ n: number }>(db, `SELECT count(*) AS n FROM (${places} LIMIT ${FREQUENT + 1})`)(...values)
  if ((counted?.n ?? 0) <= FREQUENT) return { sql: `seq IN (${places})`, values }
  const any = ways.map((way) => `(${way.sql})`).join(' OR ')
  return { sql: `EXISTS (SELECT 1 FROM record_term WHERE record = seq AND (${any}))`, values }
}

/** Terms that overlap with this one. Of addresses, networks lie within each other or apart. */
function fitting({ kind, lo, hi }: RecordTerm): Condition[] {
  if (/^[0-9a-f]{32}$/.test(lo) && kind.startsWith('address')) {
    const around = JSON.stringify(beginningsAround(lo))
    return [
      { sql: 'kind = ? AND lo BETWEEN ? AND ?', values: [kind, lo, hi] },
      { sql: 'kind = ? AND lo IN (SELECT value FROM json_each(?)) AND hi >= ?', values: [kind, around, hi] },
    ]
  }
  // of ports there are ranges, too: of the same protocol
  if (kind === 'port') {
    const protocol = lo.slice(0, lo.indexOf('/') + 1)
    return [{ sql: 'kind = ? AND lo BETWEEN ? AND ? AND hi >= ?', values: [kind, protocol, hi, lo] }]
  }
  return [{ sql: 'kind = ? AND lo = ?', values: [kind, lo] }]
}

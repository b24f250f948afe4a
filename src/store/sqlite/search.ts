import type { DatabaseSync } from 'node:sqlite'
import { beginningsAround } from '../../iodef/address-range.ts'
import type { ArchivedRecord, RecordQuery, RecordTerm } from '../archive.ts'
import { all, type Value } from './sql.ts'

interface Row {
  readonly topic: string
  readonly item: string
  readonly content: string
  readonly taken_in: number
  readonly needed: string
  readonly body: string
}

interface Condition {
  readonly sql: string
  readonly values: readonly Value[]
}

/** places in which what is asked for stands, beyond which records are looked at one by one: what is that frequent narrows nothing down */
const FREQUENT = 20_000

/** Looks for records. What is held of it at a time is bounded by the query and by FREQUENT, never by how much is kept. */
export function createSearch(db: DatabaseSync): (query: RecordQuery) => ArchivedRecord[] | 'too-many' {
  // bodies of those that are shown, and no others
  const rows = all<Row>(
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
    return rows(JSON.stringify(newest.slice(0, query.limit))).map(({ taken_in: takenIn, needed, ...row }) => {
      return { ...row, takenIn, needed: needed.split(' ') }
    })
  }
}

/** The newest first; of what several items say the newest of them, so that who asks often has no answer crowd out all others. */
function newestOf(found: readonly { readonly seq: number; readonly content: string }[]): number[] {
  const newest = new Map<string, number>()
  for (const { seq, content } of found) newest.set(content, Math.max(seq, newest.get(content) ?? 0))
  return [...newest.values()].toSorted((a, b) => b - a)
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
  const { from, to, detectedFrom, takenInFrom, takenInTo, rating, confidence } = query
  const all: readonly (readonly [sql: string, value: number | undefined])[] = [
    ['t_to >= ?', from],
    ['t_from <= ?', to],
    ['detected >= ?', detectedFrom],
    ['taken_in >= ?', takenInFrom],
    ['taken_in <= ?', takenInTo],
    ['rating >= ?', rating],
    ['confidence >= ?', confidence],
  ]
  return all.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }]))
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

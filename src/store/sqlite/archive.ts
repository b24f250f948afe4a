import type { DatabaseSync } from 'node:sqlite'
import { beginningsAround } from '../../iodef/address-range.ts'
import type { Archive, ArchivedRecord, NewRecord, RecordQuery, RecordTerm } from '../archive.ts'
import type { Sequence } from './ids.ts'
import { all, run, type Value } from './sql.ts'

/** records dropped in one commit */
const STEP = 500

export interface ArchiveTables {
  find(query: RecordQuery): ArchivedRecord[]
  /** The rest inside a transaction. */
  keep(record: NewRecord): void
  forget(topic: string, items?: readonly string[]): number
  /** One step; there may be more as long as it is not 0. */
  forgetBefore(time: number): number
}

interface Row {
  readonly topic: string
  readonly item: string
  readonly content: string
  readonly taken_in: number
  readonly needed: string
  readonly body: string
}

/** What the Topics showed. Terms go with their record (ON DELETE CASCADE). */
export function createArchive(db: DatabaseSync, sequence: Sequence): ArchiveTables {
  const drop = run(db, 'DELETE FROM record WHERE topic = ? AND item = ?')
  const dropTopic = run(db, 'DELETE FROM record WHERE topic = ?')
  const dropOld = run(db, `DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE taken_in < ? LIMIT ${STEP})`)
  const insert = run(
    db,
    `INSERT INTO record (seq, topic, item, content, taken_in, t_from, t_to, detected, rating, confidence, needed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertBody = run(db, 'INSERT INTO record_body (record, body) VALUES (?, ?)')
  const insertTerm = run(
    db,
    'INSERT INTO record_term (record, kind, lo, hi) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )

  return {
    find(query) {
      const { sql, values } = selectionOf(query)
      return all<Row>(
        db,
        sql,
      )(...values)
        .reverse()
        .map(({ taken_in, needed, ...row }) => ({ ...row, takenIn: taken_in, needed: needed.split(' ') }))
    },
    keep(record) {
      const { topic, item, content, takenIn, from, to, detected, rating, confidence, needed, terms, body } = record
      drop(topic, item)
      const seq = sequence.next()
      insert(seq, topic, item, content, takenIn, from, to, detected, rating, confidence, needed.join(' '))
      insertBody(seq, body)
      for (const { kind, lo, hi } of terms) insertTerm(seq, kind, lo, hi)
    },
    forget(topic, items) {
      if (items === undefined) return dropTopic(topic)
      return items.reduce((gone, item) => gone + drop(topic, item), 0)
    },
    forgetBefore: dropOld,
  }
}

function selectionOf(query: RecordQuery): { sql: string; values: Value[] } {
  const where: string[] = []
  const values: Value[] = []
  const and = (sql: string, ...more: Value[]) => {
    where.push(sql)
    values.push(...more)
  }
  and('topic IN (SELECT value FROM json_each(?))', JSON.stringify(query.topics))
  and('needed IN (SELECT value FROM json_each(?))', JSON.stringify(query.needed.map((labels) => labels.join(' '))))
  for (const group of query.terms) {
    const ways = group.map(fitting)
    and(`seq IN (${ways.map((way) => way.sql).join(' UNION ALL ')})`, ...ways.flatMap((way) => way.values))
  }
  if (query.from !== undefined) and('t_to >= ?', query.from)
  if (query.to !== undefined) and('t_from <= ?', query.to)
  if (query.detectedFrom !== undefined) and('detected >= ?', query.detectedFrom)
  if (query.takenInFrom !== undefined) and('taken_in >= ?', query.takenInFrom)
  if (query.takenInTo !== undefined) and('taken_in <= ?', query.takenInTo)
  if (query.rating !== undefined) and('rating >= ?', query.rating)
  if (query.confidence !== undefined) and('confidence >= ?', query.confidence)
  // bodies of those that are shown, and no others
  const sql = `SELECT topic, item, content, taken_in, needed, body FROM (
      SELECT seq, topic, item, content, taken_in, needed FROM record WHERE ${where.join(' AND ')} ORDER BY seq DESC LIMIT ?
    ) JOIN record_body ON record = seq ORDER BY seq DESC`
  return { sql, values: [...values, query.limit] }
}

/** Records with a term that overlaps with this one. Of addresses, networks lie within each other or apart. */
function fitting({ kind, lo, hi }: RecordTerm): { sql: string; values: Value[] } {
  const select = 'SELECT record FROM record_term WHERE kind = ?'
  if (/^[0-9a-f]{32}$/.test(lo) && kind.startsWith('address')) {
    const around = JSON.stringify(beginningsAround(lo))
    const sql = `${select} AND lo BETWEEN ? AND ? UNION ALL ${select} AND lo IN (SELECT value FROM json_each(?)) AND hi >= ?`
    return { sql, values: [kind, lo, hi, kind, around, hi] }
  }
  // of ports there are ranges, too: of the same protocol
  if (kind === 'port') {
    const protocol = lo.slice(0, lo.indexOf('/') + 1)
    return { sql: `${select} AND lo BETWEEN ? AND ? AND hi >= ?`, values: [kind, protocol, hi, lo] }
  }
  return { sql: `${select} AND lo = ?`, values: [kind, lo] }
}

/** `Archive`, as the store has it. */
export function archiveRole(
  tables: ArchiveTables,
  read: <T>(query: () => T) => T,
  submit: <T>(work: () => T) => Promise<T>,
): Archive {
  return {
    find: async (query) => read(() => tables.find(query)),
    forget: (topic, items) => submit(() => tables.forget(topic, items)),
    async forgetBefore(time) {
      let gone = 0
      for (;;) {
        const step = await submit(() => tables.forgetBefore(time))
        gone += step
        if (step < STEP) return gone
      }
    },
  }
}

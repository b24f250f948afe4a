import type { DatabaseSync } from 'node:sqlite'
import type { Archive, ArchivedRecord, NewRecord, RecordQuery } from '../archive.ts'
import type { Sequence } from '../coding/ids.ts'
import { inSteps } from '../coding/steps.ts'
import { createSearch } from './search.ts'
import { all, one, run } from './sql.ts'

/** records dropped in one commit */
const STEP = 500

export interface ArchiveTables {
  find(query: RecordQuery): ArchivedRecord[] | 'too-many'
  /** The rest inside a transaction. */
  keep(record: NewRecord, place?: number): void
  /** Where it is among the others; undefined where under its id there is nothing of that content. */
  placeOf(item: Pick<NewRecord, 'topic' | 'item'>, content: string): number | undefined
  forget(topic: string, items?: readonly string[]): number
  /** Items of the Topic that are kept, and taken in between two of these, but none of these. */
  between(topic: string, items: readonly string[]): string[]
  /** One step; there may be more as long as it is not 0. */
  forgetBefore(time: number): number
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
  const unsee = run(
    db,
    `DELETE FROM seen WHERE topic = ?1 AND item IN (
       SELECT item FROM record WHERE topic = ?1 AND (?2 IS NULL OR item IN (SELECT value FROM json_each(?2))))`,
  )
  const between = all<{ item: string }>(
    db,
    `WITH shown AS (SELECT min(seq) AS first, max(seq) AS last FROM record
         WHERE topic = ?1 AND item IN (SELECT value FROM json_each(?2)))
     SELECT item FROM record, shown WHERE +topic = ?1 AND seq > first AND seq < last
       AND item NOT IN (SELECT value FROM json_each(?2))`,
  )
  const place = one<{ seq: number }>(db, 'SELECT seq FROM record WHERE topic = ? AND item = ? AND content = ?')
  const insertBody = run(db, 'INSERT INTO record_body (record, body) VALUES (?, ?)')
  const insertTerm = run(
    db,
    'INSERT INTO record_term (record, kind, lo, hi) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )

  return {
    find: createSearch(db),
    keep(record, at) {
      const { topic, item, content, takenIn, from, to, detected, rating, confidence, needed, terms, body } = record
      drop(topic, item)
      const seq = at ?? sequence.next()
      insert(seq, topic, item, content, takenIn, from, to, detected, rating, confidence, needed.join(' '))
      insertBody(seq, body)
      for (const { kind, lo, hi } of terms) insertTerm(seq, kind, lo, hi)
    },
    placeOf: ({ topic, item }, content) => place(topic, item, content)?.seq,
    forget(topic, items) {
      unsee(topic, items === undefined ? null : JSON.stringify(items))
      if (items === undefined) return dropTopic(topic)
      return items.reduce((gone, item) => gone + drop(topic, item), 0)
    },
    between: (topic, items) => between(topic, JSON.stringify(items)).map(({ item }) => item),
    forgetBefore: dropOld,
  }
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
    async forgetBetween(topic, items) {
      // mostly there is nothing to write
      if (read(() => tables.between(topic, items)).length === 0) return 0
      return submit(() => tables.forget(topic, tables.between(topic, items)))
    },
    forgetBefore: (time) => inSteps(STEP, () => submit(() => tables.forgetBefore(time))),
  }
}

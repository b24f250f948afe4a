import type { DatabaseSync } from 'node:sqlite'
import type { Archive, ArchivedRecord, NewRecord, RecordQuery } from '../archive.ts'
import type { Sequence } from './ids.ts'
import { createSearch } from './search.ts'
import { run } from './sql.ts'

/** records dropped in one commit */
const STEP = 500

export interface ArchiveTables {
  find(query: RecordQuery): ArchivedRecord[] | 'too-many'
  /** The rest inside a transaction. */
  keep(record: NewRecord): void
  forget(topic: string, items?: readonly string[]): number
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
  const insertBody = run(db, 'INSERT INTO record_body (record, body) VALUES (?, ?)')
  const insertTerm = run(
    db,
    'INSERT INTO record_term (record, kind, lo, hi) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )

  return {
    find: createSearch(db),
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

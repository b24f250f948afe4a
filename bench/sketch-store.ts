import { fdatasync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'

/** The least that keeps a report: one row, and one commit and one fdatasync for all that came while the disk was busy. */
export interface SketchStore {
  /** Resolves once it is on disk. */
  keep(body: Uint8Array): Promise<void>
  /** Resolves once it is on disk that the row was sent. */
  settle(row: number): Promise<void>
  /** The newest row. */
  last(): number
  /** Rows that were not sent, from `after` on. */
  waiting(after: number, limit: number): { readonly n: number; readonly body: Uint8Array }[]
}

const sync = promisify(fdatasync)

export function openSketchStore(path: string): SketchStore {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16384')
  db.exec('CREATE TABLE report (n INTEGER PRIMARY KEY, sent INTEGER NOT NULL, body BLOB NOT NULL) STRICT')
  const log = openSync(`${path}-wal`, 'r+')
  const insert = db.prepare('INSERT INTO report (sent, body) VALUES (0, ?)')
  const sent = db.prepare('UPDATE report SET sent = 1 WHERE n = ?')
  const newest = db.prepare('SELECT coalesce(max(n), 0) AS n FROM report')
  const unsent = db.prepare('SELECT n, body FROM report WHERE n > ? AND sent = 0 ORDER BY n LIMIT ?')
  let queue: { work: () => unknown; done: () => void }[] = []
  let writing = false

  async function write(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue
      queue = []
      db.exec('BEGIN IMMEDIATE')
      for (const { work } of batch) work()
      db.exec('COMMIT')
      await sync(log)
      for (const { done } of batch) done()
    }
    writing = false
  }

  function submit(work: () => unknown): Promise<void> {
    return new Promise((done) => {
      queue.push({ work, done })
      if (writing) return
      writing = true
      setImmediate(write)
    })
  }

  return {
    keep: (body) => submit(() => insert.run(body)),
    settle: (row) => submit(() => sent.run(row)),
    last: () => Number(newest.get()?.n),
    waiting: (after, limit) => unsent.all(after, limit) as never,
  }
}

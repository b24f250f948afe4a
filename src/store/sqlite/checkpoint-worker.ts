import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'

/** bytes of write-ahead log that are worth a checkpoint, and how often it is looked at (ms) */
const ENOUGH = 4 * 1024 * 1024
const LOOK = 500

const { path } = workerData as { path: string }
const db = new DatabaseSync(path, { timeout: 1000 })
db.exec('PRAGMA synchronous = FULL')
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')

/** size of the log when it was last moved: it keeps its size, and is written again from its beginning */
let before = 0

setInterval(() => {
  const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  // a log that does not grow may still be filling up again: look at it now and then
  if (size < ENOUGH || (size === before && Math.random() < 0.8)) return
  before = size
  checkpoint.get()
}, LOOK)

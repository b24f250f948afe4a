import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { giveBackWhenIdle } from '../../give-back.ts'
import type { CheckpointWork } from './checkpoints.ts'

const { path, enough, look, idle } = workerData as CheckpointWork
const db = new DatabaseSync(path, { timeout: 1000 })
db.exec('PRAGMA synchronous = FULL')
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')

giveBackWhenIdle()

/** size of the log when it was last moved: it keeps its size, and is written again from its beginning */
let before = 0

const looking = setInterval(() => {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  const size = log?.size ?? 0
  if (log !== undefined && Date.now() - log.mtimeMs > idle) return end(log.mtimeMs)
  // a log that does not grow may still be filling up again: look at it now and then
  if (size < enough || (size === before && Math.random() < 0.8)) return
  before = size
  checkpoint.get()
}, look)

/** What was written last is moved; without anything to wait for, the thread ends. */
function end(written: number): void {
  clearInterval(looking)
  checkpoint.get()
  db.close()
  parentPort?.postMessage(written)
}

import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { giveBackWhenIdle } from '../../give-back.ts'
import type { CheckpointWork } from './checkpoints.ts'

const { path, enough, from, look, idle } = workerData as CheckpointWork
const db = new DatabaseSync(path, { timeout: 1000 })
db.exec('PRAGMA synchronous = FULL')
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
/** pages in the log, and those of them that are moved */
const standing = db.prepare('PRAGMA wal_checkpoint(NOOP)')
const PAGE = 4096

giveBackWhenIdle()

const looking = setInterval(() => {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  if (log !== undefined && Date.now() - log.mtimeMs > idle) return end(log.mtimeMs)
  const pages = standing.get() as { log: number; checkpointed: number }
  // a page that changes often is moved once, if late; and little is left for the commit with which the log begins anew
  if (pages.log * PAGE >= from && (pages.log - pages.checkpointed) * PAGE >= enough) checkpoint.get()
}, look)

/** What was written last is moved; without anything to wait for, the thread ends. */
function end(written: number): void {
  clearInterval(looking)
  checkpoint.get()
  db.close()
  parentPort?.postMessage(written)
}

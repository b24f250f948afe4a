import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { Tell } from '../../tell.ts'
import type { StoreNews } from '../news.ts'

/** What the thread is told; times in ms. */
export interface CheckpointWork {
  readonly path: string
  /** bytes of write-ahead log that are worth a checkpoint */
  readonly enough: number
  /** bytes of it before which nothing is moved */
  readonly from: number
  /** how often the log is looked at */
  readonly look: number
  /** the thread ends when the log was not written to for so long */
  readonly idle: number
}

interface Checkpoints extends AsyncDisposable {
  /** whether the thread is there */
  readonly running: boolean
}

const MIB = 1024 * 1024
const WORK = { enough: 4 * MIB, from: 40 * MIB, look: 100, idle: 5 * 60_000 }

/**
 * Moves what is in the write-ahead log into the database, in a thread of its own: the fsyncs of a checkpoint took up to 240 ms
 * of the event loop on a busy disk. Without it SQLite does the same, later, inside a commit. The thread is there while there is work for it:
 * it holds 10 MiB.
 */
export function checkpointInBackground(
  path: string,
  tell: Tell<StoreNews>,
  times: Omit<CheckpointWork, 'path'> = WORK,
): Checkpoints {
  const file = import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js'
  let worker: Worker | undefined
  /** when the log had been written to last, as a thread ended */
  let moved = 0

  function begin(): void {
    const work: CheckpointWork = { path, ...times }
    worker = new Worker(new URL(file, import.meta.url), { workerData: work, env: {} })
    worker.unref()
    worker.on('error', (error) => {
      clearInterval(looking)
      tell('checkpoints-in-commits', { err: error })
    })
    worker.on('message', (written: number) => {
      moved = written
    })
    worker.on('exit', () => {
      worker = undefined
    })
  }

  async function look(): Promise<void> {
    if (worker !== undefined) return
    const log = await stat(`${path}-wal`).catch(() => undefined)
    if (log === undefined || log.size < times.enough || log.mtimeMs === moved || closed || worker !== undefined) return
    begin()
  }

  let closed = false
  const looking = setInterval(() => void look(), times.look).unref()
  return {
    get running() {
      return worker !== undefined
    },
    async [Symbol.asyncDispose]() {
      closed = true
      clearInterval(looking)
      await worker?.terminate()
    },
  }
}

import { Worker } from 'node:worker_threads'
import type { Tell } from '../../tell.ts'
import type { StoreNews } from '../news.ts'

/**
 * Moves what is in the write-ahead log into the database, in a thread of its own: the fsyncs of a checkpoint took up to 240 ms
 * of the event loop on a busy disk. Without it SQLite does the same, later, inside a commit.
 */
export function checkpointInBackground(path: string, tell: Tell<StoreNews>): AsyncDisposable {
  const file = import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js'
  const worker = new Worker(new URL(file, import.meta.url), { workerData: { path }, env: {} })
  worker.unref()
  worker.on('error', (error) => {
    tell('checkpoints-in-commits', { err: error })
  })
  return {
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

import { Worker } from 'node:worker_threads'
import type { Logger } from '../../log.ts'

/**
 * Moves what is in the write-ahead log into the database, in a thread of its own: the fsyncs of a checkpoint took up to 240 ms
 * of the event loop on a busy disk. Without it SQLite does the same, later, inside a commit.
 */
export function checkpointInBackground(path: string, log: Logger): AsyncDisposable {
  const file = import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js'
  const worker = new Worker(new URL(file, import.meta.url), { workerData: { path }, env: {} })
  worker.unref()
  worker.on('error', (error) => {
    log.warn({ err: error }, 'Checkpoints happen in commits from now on: their thread ended')
  })
  return {
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

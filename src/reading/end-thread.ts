import type { Worker } from 'node:worker_threads'

/**
 * Ends a thread, one that is not `ready` only when it has loaded its modules or is over. One that is ended as they finish takes the
 * process with it (SIGTRAP): V8 has no place for the end of a module with a top-level await, as libxml2-wasm's, in a thread that is
 * being ended.
 */
export async function endThread(worker: Worker, ready: boolean): Promise<void> {
  // one that is over has no number any more
  if (!ready && worker.threadId !== -1) await loaded(worker)
  await worker.terminate()
}

function loaded(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.ref()
    for (const event of ['message', 'error', 'exit']) worker.once(event, () => resolve())
  })
}

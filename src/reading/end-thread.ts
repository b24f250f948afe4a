import { setTimeout as wait } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'

/*
 * A thread that is ended as its modules finish loading takes the process with it (SIGTRAP): V8 has no place for the end of a module
 * with a top-level await, as libxml2-wasm's, in a thread that is being ended. The end of the process ends its threads, too.
 */

/** The threads of this process that load. */
const loading = new Map<Worker, Promise<void>>()

/** To be told of each thread as it is started: it loads until its first message, or until it is over. */
export function nowLoading(worker: Worker): void {
  const { promise, resolve } = Promise.withResolvers<void>()
  loading.set(worker, promise)
  const over = () => {
    loading.delete(worker)
    resolve()
  }
  for (const event of ['message', 'error', 'exit']) worker.once(event, over)
}

/** Ends a thread, one that loads when it has loaded or is over. */
export async function endThread(worker: Worker): Promise<void> {
  const loaded = loading.get(worker)
  if (loaded !== undefined) {
    worker.ref()
    await loaded
  }
  await worker.terminate()
}

/** Whether any thread of this process loads: it must not end now. */
export function someLoad(): boolean {
  return loading.size > 0
}

/** Resolves when no thread of this process loads, and after `ms` at the latest. */
export async function noneLoads(ms: number): Promise<void> {
  const enough = new AbortController()
  const over = wait(ms, undefined, { signal: enough.signal }).catch(() => undefined)
  const end = performance.now() + ms
  while (someLoad() && performance.now() < end) await Promise.race([Promise.all(loading.values()), over])
  enough.abort()
}

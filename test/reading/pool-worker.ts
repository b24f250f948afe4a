import { parentPort, threadId } from 'node:worker_threads'
import type { PoolAnswer, PoolMessage } from '../../src/reading/worker-pool.ts'

/** What a test asks of a thread: to answer, or to misbehave in one of the ways a reader can. */
export type Task =
  | 'thread'
  | 'environment'
  | 'spin'
  | 'fill'
  | 'throw'
  | 'throw once'
  | 'break'
  | 'exit'
  | 'batch'
  | { readonly wait: number }

let kept: unknown[] = []
let thrown = 0

function answer(task: Task, batch: number): PoolAnswer<string> {
  if (task === 'thread') return { response: String(threadId) }
  if (task === 'environment') return { response: JSON.stringify(process.env) }
  if (task === 'batch') return { response: String(batch) }
  if (task === 'throw') return { failure: 'cannot read this', broken: false }
  if (task === 'throw once' && thrown++ === 0) return { failure: 'not now', broken: false }
  if (task === 'throw once') return { response: 'read' }
  if (task === 'break') return { failure: 'broken inside', broken: true }
  if (task === 'exit') process.exit(3)
  if (task === 'spin') for (;;) kept = []
  if (task === 'fill') for (;;) kept.push(new Array(10_000).fill(kept.length))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, task.wait)
  return { response: 'waited' }
}

parentPort?.on('message', ({ requests }: PoolMessage<Task>) => {
  parentPort?.postMessage({ answers: requests.map((task) => answer(task, requests.length)) })
})
parentPort?.postMessage({ ready: true })

/**
 * What keeps a run from hanging without a word: a test that its deadline ends says what it waited for; a file whose tests are over, but
 * which leaves something open, is ended and says what; and one that is stuck is killed, and it is said in which test.
 */
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { after, beforeEach, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { awaited } from './eventually.ts'

/** ms for what a file leaves open to close by itself after its last test */
const GRACE = 5_000

/** ms that a test may take (`--test-timeout`), which this process was started with */
const DEADLINE = Number(process.execArgv.join(' ').match(/--test-timeout=(\d+)/)?.[1] ?? Number.POSITIVE_INFINITY)
/** ms after which it is stuck: a test's own deadline had its time, so had a suite that prepares for its tests, and the grace */
const STUCK = 2 * Math.max(GRACE, DEADLINE)

const watchdog = Number.isFinite(STUCK) ? watch(STUCK) : undefined

beforeEach((context) => {
  // this Node.js has it, its types do not
  const t = context as TestContext & { readonly error: Error | null }
  watchdog?.postMessage(`"${t.fullName}" had begun`)
  // a test's signal is aborted at its end, whatever that was
  t.signal.addEventListener('abort', () => {
    watchdog?.postMessage(`"${t.fullName}" was over`)
    const error = t.error
    if (!/timed out/.test(error?.message ?? '') || error === null) return
    const waits = awaited()
    // reporters print the cause of a failure
    error.cause = `${error.message}, as it waited for ${waits.join('; ') || 'something without a name'} (open: ${open()})`
  })
})

after(() => {
  setTimeout(() => {
    console.error(`${process.argv[1]}: left open after its last test: ${open()}`)
    process.exit(1)
  }, GRACE).unref()
})

function watch(limit: number): Worker {
  const workerData = { file: process.argv[1], limit }
  const worker = new Worker(new URL('./watchdog.ts', import.meta.url), { workerData, execArgv: [] })
  worker.unref()
  return worker
}

/** What keeps this process from ending. */
function open(): string {
  const handles = (process as unknown as { _getActiveHandles(): object[] })._getActiveHandles()
  const own: object[] = [process.stdin, process.stdout, process.stderr]
  const others = handles.filter((handle) => !own.includes(handle))
  const named = others.map((handle) => {
    const { spawnfile, pid } = handle as Partial<ChildProcess>
    if (spawnfile !== undefined) return `${spawnfile} (process ${pid})`
    const { remotePort } = handle as Partial<Socket>
    return `${handle.constructor.name}${remotePort === undefined ? '' : ` to port ${remotePort}`}`
  })
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const counts = Map.groupBy([...named, ...Array.from({ length: timers }, () => 'timer')], (name) => name)
  return [...counts].map(([name, { length }]) => (length > 1 ? `${length} x ${name}` : name)).join(', ') || 'nothing'
}

/**
 * A thread beside a test file: a test that never gives up its processor cannot be ended by its own deadline, nor can a file that waits
 * outside of any test. Who says nothing for `limit` ms is killed, and the thread says what went on.
 */
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

const { file, limit } = workerData as { file: string; limit: number }
let doing = 'it was loaded'
let timer = setTimeout(end, limit)

parentPort?.on('message', (now: string) => {
  doing = now
  clearTimeout(timer)
  timer = setTimeout(end, limit)
})

function end(): void {
  // not by console: that goes by way of the thread that is stuck
  writeSync(2, `${file}: nothing happened for ${Math.round(limit / 1000)} s after ${doing}\n`)
  process.kill(process.pid, 'SIGKILL')
}

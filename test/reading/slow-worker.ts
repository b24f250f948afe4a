/** A thread that takes its time to load, and leaves a mark when it has. */
import { writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { MARK } from './slow-worker-mark.ts'

await wait(300)
writeFileSync(MARK, 'loaded')
parentPort?.postMessage({ ready: true })

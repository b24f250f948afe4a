import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { endThread, noneLoads, nowLoading, someLoad } from '../../src/reading/end-thread.ts'
import { WorkerPool } from '../../src/reading/worker-pool.ts'
import { MARK } from './slow-worker-mark.ts'

const SLOW = new URL('./slow-worker.ts', import.meta.url)
after(() => rmSync(MARK, { force: true }))

function pool(script: URL): WorkerPool<string, string> {
  const limits = {
    deadlineMs: 60_000,
    idleMs: 60_000,
    heapMiB: 64,
    maxWaiting: 10,
    maxWaitingWeight: 10,
    bigJob: 100,
    together: 100,
    recycleAbove: 1000,
  }
  return new WorkerPool<string, string>({ script, size: 2, ...limits })
}

// V8 ends the whole process where a thread is ended as its modules finish loading: a gateway whose port was taken did so now and then
test('a thread that still loads is not ended before it has, and its pool ends all the same', async () => {
  rmSync(MARK, { force: true })
  const slow = pool(SLOW)
  const job = assert.rejects(slow.warm('a job'), /closed/)
  await wait(20)
  assert.ok(!existsSync(MARK))
  await slow[Symbol.asyncDispose]()
  await job
  assert.ok(existsSync(MARK))
})

test('a thread that cannot load keeps nobody from ending', async () => {
  const broken = pool(new URL('./no-such-worker.ts', import.meta.url))
  await assert.rejects(broken.run('a job', 1), /Cannot find module/)
  await broken[Symbol.asyncDispose]()
  const early = pool(new URL('./no-such-worker.ts', import.meta.url))
  const job = assert.rejects(early.warm('a job'))
  await early[Symbol.asyncDispose]()
  await job
})

test('a thread that is ready, or over, is not waited for', async () => {
  const source = 'setInterval(() => {}, 1000)'
  const ready = new Worker(source, { eval: true })
  await endThread(ready)
  assert.equal(ready.threadId, -1)
  await endThread(ready)
})

// a second signal as the gateway started crashed it, six times of sixty
test('who would end the process knows of threads that load, and waits for them, but not for ever', async () => {
  assert.equal(someLoad(), false)
  rmSync(MARK, { force: true })
  await using slow = pool(SLOW)
  const job = assert.rejects(slow.warm('a job'))
  assert.equal(someLoad(), true)
  await noneLoads(10)
  assert.equal(someLoad(), true)
  await noneLoads(60_000)
  assert.equal(someLoad(), false)
  assert.ok(existsSync(MARK))
  await slow[Symbol.asyncDispose]()
  await job
})

test('a thread that fails as it loads, does not load any more', async () => {
  const failing = new Worker('throw new Error("no")', { eval: true })
  failing.on('error', () => {})
  nowLoading(failing)
  await noneLoads(60_000)
  assert.equal(someLoad(), false)
})

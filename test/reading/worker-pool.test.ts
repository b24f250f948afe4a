import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { type PoolOptions, WorkerPool } from '../../src/reading/worker-pool.ts'
import { eventually } from '../support/eventually.ts'
import type { Task } from './pool-worker.ts'

const BIG = 1000

function pool(options: Partial<PoolOptions> = {}): WorkerPool<Task, string> {
  return new WorkerPool<Task, string>({
    script: new URL('./pool-worker.ts', import.meta.url),
    size: 1,
    deadlineMs: 60_000,
    idleMs: 60_000,
    heapMiB: 64,
    maxWaiting: 100,
    maxWaitingWeight: 100_000,
    bigJob: 100,
    together: 100,
    recycleAbove: 10_000,
    ...options,
  })
}

const code = (expected: string) => (error: unknown) => error instanceof GatewayError && error.code === expected

test('jobs that come together share a message, up to their weight', async () => {
  await using p = pool()
  assert.deepEqual(await Promise.all([p.run('batch', 40), p.run('batch', 40), p.run('batch', 40)]), ['2', '2', '1'])
  assert.deepEqual(await Promise.all([p.run('batch', BIG), p.run('batch', 1), p.run('batch', 1)]), ['1', '2', '2'])
  await using more = pool({ together: 400 })
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 4 }, () => more.run('batch', 100)))), new Set(['4']))
})

test('a thread knows nothing of the environment', async () => {
  await using p = pool()
  assert.equal(await p.run('environment', 1), '{}')
})

test('a job over the deadline fails, and a new thread takes the next', async () => {
  await using p = pool({ deadlineMs: 300 })
  const before = await p.run('thread', 1)
  await assert.rejects(p.run('spin', 1), code('intake-timeout'))
  assert.notEqual(await p.run('thread', 1), before)
})

test('an answer that was there in time counts, though nobody had time to look at it', async () => {
  await using p = pool({ deadlineMs: 200 })
  await p.run('thread', 1)
  const answer = p.run('thread', 1)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
  assert.match(await answer, /^\d+$/)
})

test('a job over the memory bound fails, and a new thread takes the next', async () => {
  await using p = pool()
  await assert.rejects(p.run('fill', 1), code('intake-memory'))
  assert.match(await p.run('thread', 1), /^\d+$/)
})

test('of several jobs in a message only the one at fault fails', async () => {
  await using p = pool({ deadlineMs: 500 })
  await p.run('thread', 1)
  const results = await Promise.allSettled([p.run('thread', 1), p.run('spin', 1), p.run('thread', 1)])
  assert.deepEqual(
    results.map((r) => r.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

test('a job that ends its thread twice is at fault itself, and others are not', async () => {
  await using p = pool()
  await p.run('thread', 1)
  await assert.rejects(p.run('exit', 1), code('intake-failed'))
  assert.match(await p.run('thread', 1), /^\d+$/)
})

test("a thread that cannot start is no job's fault", async () => {
  await using p = pool({ script: new URL('./absent.ts', import.meta.url) })
  await assert.rejects(p.run('thread', 1), code('internal'))
})

test('a thread in which WebAssembly gave up is replaced', async () => {
  await using p = pool()
  const before = await p.run('thread', 1)
  await assert.rejects(p.run('break', 1), code('intake-failed'))
  assert.notEqual(await p.run('thread', 1), before)
})

test('a document that the reader throws at costs no thread: 514 bytes did', async () => {
  await using p = pool()
  const before = await p.run('thread', 1)
  await assert.rejects(p.run('throw', 1), code('intake-failed'))
  assert.equal(await p.run('thread', 1), before)
})

test('what fails once, alone, is tried once more', async () => {
  await using p = pool()
  assert.equal(await p.run('throw once', 1), 'read')
})

test('jobs beside one that broke the reader get another try, each alone', async () => {
  await using p = pool()
  const results = await Promise.allSettled([p.run('break', 1), p.run('batch', 1), p.run('break', 1)])
  assert.deepEqual(
    results.map((r) => (r.status === 'fulfilled' ? r.value : r.reason.code)),
    ['intake-failed', '3', 'intake-failed'],
  )
})

test('a thread is replaced after a very big job, and kept after others', async () => {
  await using p = pool()
  const first = await p.run('thread', BIG)
  assert.equal(await p.run('thread', 10_000), first)
  assert.equal(await p.run('thread', 10_001), first)
  assert.notEqual(await p.run('thread', 1), first)
})

test('small jobs pass while every other thread has a big one', async () => {
  await using p = pool({ size: 2 })
  let bigDone = 0
  const big = [1, 2, 3].map(() => p.run({ wait: 300 }, BIG).then(() => (bigDone += 1)))
  await Promise.all([1, 2, 3].map(() => p.run('thread', 1)))
  assert.ok(bigDone < 3, 'small jobs did not wait for all big ones')
  await Promise.all(big)
})

test('where small jobs have a thread for themselves, they wake no other, and big ones wake that', async () => {
  await using p = pool({ size: 2, apart: { patienceMs: 60_000, startMs: 60_000 } })
  const threads = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    for (const thread of await Promise.all(Array.from({ length: 8 }, () => p.run('thread', 40)))) threads.add(thread)
  }
  assert.equal(threads.size, 1)
  assert.ok(!threads.has(await p.run('thread', BIG)))
  await using alone = pool({ size: 1, apart: { patienceMs: 60_000, startMs: 60_000 } })
  assert.equal(await alone.run('thread', BIG), await alone.run('thread', 1))
})

test('where small jobs have a thread for themselves, none waits for one that takes its time', async () => {
  await using p = pool({ size: 2, apart: { patienceMs: 25, startMs: 250 } })
  await p.run('thread', 1)
  let done = false
  const slow = p.run({ wait: 5_000 }, 1).then(() => {
    done = true
  })
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  await Promise.all([1, 2, 3].map(() => p.run('thread', 1)))
  assert.ok(!done, 'small jobs waited for the slow one')
  await slow
})

test('too many waiting jobs are turned away, those before stay', async () => {
  await using p = pool({ maxWaiting: 2 })
  await p.warm('thread')
  const running = p.run({ wait: 200 }, BIG)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const waiting = [p.run('thread', BIG), p.run('thread', BIG)]
  await assert.rejects(p.run('thread', 1), code('intake-busy'))
  await Promise.all([running, ...waiting])
})

test('disposing rejects what runs and what waits, and what comes after', async () => {
  const p = pool()
  const jobs = [p.run('spin', BIG), p.run('thread', BIG)]
  const settled = Promise.allSettled(jobs)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await p[Symbol.asyncDispose]()
  for (const result of await settled) assert.ok(result.status === 'rejected' && code('intake-busy')(result.reason))
  await assert.rejects(p.run('thread', 1), code('intake-busy'))
})

test('warming starts the thread for small jobs, and fails when it cannot start', async () => {
  await using good = pool({ size: 2 })
  await good.warm('thread')
  assert.equal(good.threads, 1)
  await using bad = pool({ script: new URL('./absent.ts', import.meta.url) })
  await assert.rejects(bad.warm('thread'), code('internal'))
})

test('a thread is started when there is work for it, and ended when there was none for a while', async () => {
  await using p = pool({ size: 2, idleMs: 200 })
  const small = await p.run('thread', 1)
  const big = await p.run('thread', BIG)
  assert.notEqual(big, small)
  assert.equal(await p.run('thread', BIG), big)
  await eventually('the idle thread to be ended', () => p.threads === 1)
  assert.equal(await p.run('thread', 1), small)
  assert.notEqual(await p.run('thread', BIG), big)
})

test('where small jobs have a thread for themselves, another is started for them only when that takes its time', async () => {
  await using p = pool({ size: 2, apart: { patienceMs: 1, startMs: 60_000 } })
  await p.warm('thread')
  assert.deepEqual(new Set(await Promise.all([1, 2, 3].map(() => p.run({ wait: 50 }, 60)))), new Set(['waited']))
  assert.equal(p.threads, 1)
})

/** Tells threads that are being started to `start` or to `fail`, until `job` is over. */
async function tellThreads(word: string, job: Promise<unknown>): Promise<void> {
  const channel = new BroadcastChannel('late-worker')
  const timer = setInterval(() => channel.postMessage(word), 20)
  await job.finally(() => {
    clearInterval(timer)
    channel.close()
  })
}
const LATE = new URL('./late-worker.ts', import.meta.url)

test('small jobs do not wait for a thread that is being started for a big one', async () => {
  await using p = pool({ size: 2, script: LATE })
  await tellThreads('start', p.warm('thread'))
  const big = p.run('thread', BIG)
  for (let n = 0; n < 3; n += 1) assert.match(await p.run('thread', 1), /^\d+$/)
  assert.equal(p.threads, 2)
  await tellThreads('start', big)
})

test('a thread that cannot be started takes no job with it that others can do', async () => {
  await using p = pool({ size: 3, script: LATE })
  await tellThreads('start', p.warm('thread'))
  const small = Array.from({ length: 4 }, () => p.run({ wait: 300 }, 60))
  await tellThreads('fail', assert.rejects(p.run('thread', BIG), code('internal')))
  assert.deepEqual(new Set(await Promise.all(small)), new Set(['waited']))
})

test('who floods the queue does not make others wait for all that it sent', async () => {
  await using p = pool({ size: 2 })
  await Promise.all([p.run('thread', BIG), p.run('thread', 1)])
  const order: string[] = []
  const run = async (owner: string) => {
    await p.run({ wait: 5 }, BIG, owner)
    order.push(owner)
  }
  const flood = Array.from({ length: 20 }, () => run('hostile'))
  await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([...flood, run('honest'), run('other')])
  assert.ok(order.indexOf('honest') <= 2 && order.indexOf('other') <= 3, order.join(' '))
})

test('big reports of a peer that also sends small ones get their turn beside those of one who sends big ones only', async () => {
  await using p = pool({ size: 2, maxWaiting: 1_000 })
  await Promise.all([p.run('thread', BIG), p.run('thread', 1)])
  let over = false
  const keepSending = async (owner: string, weight: number, wait: number) => {
    while (!over) await p.run({ wait }, weight, owner)
  }
  const busy = [
    ...[1, 2, 3].map(() => keepSending('hostile', BIG, 10)),
    ...[1, 2, 3, 4].map(() => keepSending('honest', 1, 2)),
  ]
  await new Promise((resolve) => setTimeout(resolve, 100))
  const outcome = await Promise.race([
    p.run('thread', BIG, 'honest').then(() => 'read'),
    new Promise((resolve) => setTimeout(resolve, 5_000, 'starved')),
  ])
  over = true
  assert.equal(outcome, 'read')
  await Promise.all(busy)
})

test('what waits is bounded by weight, and by owner', async () => {
  await using p = pool({ maxWaiting: 40, maxWaitingWeight: 8 * BIG })
  await p.run('thread', 1)
  const add = (owner: string | undefined, weight: number, count: number) =>
    Array.from({ length: count }, () => p.run({ wait: 1 }, weight, owner))
  const all = [
    add('a', BIG, 4),
    add('a', 1, 20),
    add('small', 1, 20),
    add('b', BIG, 3),
    add('c', 3 * BIG, 1),
    add('d', 9 * BIG, 1),
    add(undefined, BIG, 9),
  ]
  const taken = await Promise.all(
    all.map(async (jobs) => (await Promise.allSettled(jobs)).filter((r) => r.status === 'fulfilled').length),
  )
  assert.deepEqual(taken, [2, 0, 10, 2, 1, 0, 9])
})

test('a small job does not wait for a message full of what somebody else sends', async () => {
  await using p = pool({ maxWaiting: 1_000 })
  await p.run('thread', 1)
  const order: string[] = []
  const run = async (owner: string) => {
    await p.run({ wait: 20 }, 30, owner)
    order.push(owner)
  }
  const flood = Array.from({ length: 40 }, () => run('hostile'))
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  // a message has room for three: two of these are in the next one, though forty stood before them
  await Promise.all([...flood, run('honest'), run('other')])
  assert.ok(order.indexOf('honest') < 6 && order.indexOf('other') < 6, order.join(' '))
})

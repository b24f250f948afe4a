import assert from 'node:assert/strict'
import fs from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../../src/clock.ts'
import { GatewayError } from '../../../src/errors.ts'
import type { NewEnvelope } from '../../../src/store/contract.ts'
import { openGatewayStore, openQueue } from '../../../src/store/sqlite/sqlite-store.ts'
import { untold } from '../../../src/tell.ts'
import { eventually } from '../../support/eventually.ts'

let dir = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gateway-store-'))
})
after(() => rm(dir, { recursive: true, force: true }))

const options = (name: string) => ({ path: join(dir, name), tell: untold, clock: systemClock })

test('a second gateway on the same store is refused, the queue command is not', async () => {
  await using first = await openGatewayStore(options('one.db'))
  await assert.rejects(
    openGatewayStore(options('one.db')),
    (error) =>
      error instanceof GatewayError && error.code === 'store-unavailable' && /Another gateway/.test(error.message),
  )
  for (const end of ['', '.lock', '-wal'])
    assert.equal((await stat(join(dir, `one.db${end}`))).mode & 0o777, 0o600, end)
  await using queue = await openQueue(options('one.db'))
  assert.deepEqual(await queue.list(), [])
  await first.probe()
})

/** A disk that takes its time: what waits for it, oldest first. */
function slowDisk() {
  const waiting: { done(): void; fail(error: Error): void }[] = []
  const disk = () => ({
    sync: () => new Promise<void>((done, fail) => waiting.push({ done, fail })),
    [Symbol.dispose]() {},
  })
  return { disk, waiting }
}

/** What has been settled by now of the promises, by name. */
function watch(promises: Readonly<Record<string, Promise<unknown>>>): string[] {
  const settled: string[] = []
  for (const [name, promise] of Object.entries(promises)) {
    promise.then(
      () => settled.push(name),
      (error: Error) => settled.push(`${name}: ${error.message}`),
    )
  }
  return settled
}

const report = (n: number): NewEnvelope => ({
  direction: 'rid-to-grid',
  source: 'a',
  digest: String(n),
  msgType: 'Report',
  incidents: [`a ${n}`],
  receivedAt: n,
  deliveries: [
    { kind: 'topic', destination: 't', incident: `a ${n}`, item: String(n), payload: 'x', state: 'pending' },
  ],
})
const lease = { kind: 'topic', destination: 't', limit: 5, now: 10, leaseMs: 1000 } as const

test('nothing is acknowledged before the disk has it, and a lease does not wait for that', async () => {
  const { disk, waiting } = slowDisk()
  const store = await openGatewayStore({ ...options('slow.db'), disk })
  const settled = watch({ first: store.accept(report(1)) })
  await eventually('the disk to be asked', () => waiting.length === 1)
  const later = watch({
    second: store.accept(report(2)),
    third: store.accept(report(3)),
    again: store.accept(report(1)),
  })
  const [units] = await Promise.all([store.claim(lease), wait(50)])
  assert.equal(units.length, 1, 'what is committed can be delivered')
  assert.deepEqual([settled, later, waiting.length], [[], [], 1])
  waiting.shift()?.done()
  await eventually('the disk to be asked again', () => waiting.length === 1)
  assert.deepEqual([settled, later], [['first'], []], 'the second sync began after the first one ended')
  waiting.shift()?.done()
  await eventually('the others', () => later.length === 3)
  assert.equal(waiting.length, 0)
  const last = watch({ last: store.accept(report(4)) })
  await eventually('the disk to be asked', () => waiting.length === 1)
  const closed = watch({ closed: Promise.resolve(store[Symbol.asyncDispose]()) })
  await wait(50)
  assert.deepEqual([last, closed], [[], []], 'closing waits for the disk')
  waiting.shift()?.done()
  await eventually('it to be closed', () => closed.length === 1)
  assert.deepEqual(last, ['last'])
})

test('after a disk failure nothing is acknowledged any more: a second try would prove nothing', async () => {
  const { disk, waiting } = slowDisk()
  const lost: string[] = []
  const store = await openGatewayStore({ ...options('failing.db'), disk, lost: (error) => lost.push(error.code) })
  const settled = watch({ first: store.accept(report(1)) })
  await eventually('the disk to be asked', () => waiting.length === 1)
  const behind = watch({ second: store.accept(report(2)) })
  await wait(50)
  waiting.shift()?.fail(new Error('EIO: i/o error, fdatasync'))
  await eventually('the failure to be told', () => settled.length + behind.length === 2)
  for (const text of [...settled, ...behind]) assert.match(text, /cannot be used. What was written may be lost: EIO/)
  assert.deepEqual(lost, ['store-unavailable'])
  await assert.rejects(store.accept(report(3)), /may be lost/)
  await assert.rejects(store.probe(), /may be lost/)
  assert.equal(waiting.length, 0)
  await store[Symbol.asyncDispose]()
  await using again = await openGatewayStore(options('failing.db'))
  assert.equal((await again.accept(report(3))).outcome, 'accepted')
})

/** A store as a killed gateway leaves it: what it took in is in the write-ahead log alone. */
async function leftBehind(name: string): Promise<string> {
  const store = await openGatewayStore(options(`${name}-before.db`))
  await store.accept(report(1))
  for (const end of ['', '-wal']) await copyFile(join(dir, `${name}-before.db${end}`), join(dir, `${name}.db${end}`))
  await store[Symbol.asyncDispose]()
  return join(dir, `${name}.db`)
}

test('what an earlier run left in the write-ahead log is not believed to be on disk: it is written anew', async () => {
  const path = await leftBehind('left')
  await using store = await openGatewayStore(options('left.db'))
  // without the log
  await copyFile(path, join(dir, 'alone.db'))
  using alone = new DatabaseSync(join(dir, 'alone.db'), { readOnly: true })
  assert.deepEqual({ ...alone.prepare('SELECT digest FROM envelope').get() }, { digest: '1' })
  assert.equal((await store.accept(report(1))).outcome, 'duplicate')
})

test('while another process does not let go of what an earlier run left, the gateway does not serve', async () => {
  const path = await leftBehind('held')
  const reader = new DatabaseSync(path)
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM envelope').get()
  await assert.rejects(openGatewayStore({ ...options('held.db'), patience: 100 }), /does not let go/)
  reader.close()
  await using store = await openGatewayStore(options('held.db'))
  assert.equal((await store.accept(report(1))).outcome, 'duplicate')
})

test('a second gateway that is refused has changed nothing', async () => {
  await using first = await openGatewayStore(options('unchanged.db'))
  await first.accept(report(1))
  const files = () => Promise.all(['', '-wal'].map((end) => readFile(join(dir, `unchanged.db${end}`))))
  const before = await files()
  await assert.rejects(openGatewayStore(options('unchanged.db')), /Another gateway/)
  for (const [index, file] of (await files()).entries()) assert.ok(file.equals(before[index]!))
})

test('folders that are made for the store are on disk, up to the one that was there', async (t) => {
  const synced: number[] = []
  const { fsyncSync } = fs
  t.mock.method(fs, 'fsyncSync', (file: number) => {
    synced.push(fs.fstatSync(file).ino)
    fsyncSync(file)
  })
  syncBuiltinESMExports()
  try {
    await mkdir(join(dir, 'there'))
    await using _ = await openGatewayStore(options('there/a/b/one.db'))
  } finally {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  }
  const expected = ['there/a', 'there'].map(async (name) => (await stat(join(dir, name))).ino)
  assert.deepEqual(synced, await Promise.all(expected))
})

test('the log that is forced to disk is the one that is written, whatever comes and goes beside it', async () => {
  await using store = await openGatewayStore(options('same.db'))
  const before = (await stat(join(dir, 'same.db-wal'))).ino
  for (let n = 0; n < 3; n += 1) {
    await store.accept(report(n))
    const queue = await openQueue(options('same.db'))
    await queue.retry('1', 0)
    await queue[Symbol.asyncDispose]()
  }
  assert.equal((await stat(join(dir, 'same.db-wal'))).ino, before)
})

test('the write-ahead log is moved into the database while commits go on', async () => {
  await using store = await openGatewayStore(options('three.db'))
  const sizeBefore = (await stat(join(dir, 'three.db'))).size
  for (let i = 0; i < 80; i += 1) {
    const payload = `${i} ${'x'.repeat(600_000)}`
    await store.accept({
      direction: 'rid-to-grid',
      source: 'a',
      digest: String(i),
      msgType: 'Report',
      incidents: [`a ${i}`],
      receivedAt: i,
      deliveries: [{ kind: 'topic', destination: 't', incident: `a ${i}`, item: String(i), payload, state: 'pending' }],
    })
  }
  await eventually('a checkpoint', async () => (await stat(join(dir, 'three.db'))).size > sizeBefore + 40_000_000)
})

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { GroupCommit, type GroupCommitOptions, type TransactionHooks } from '../../../src/store/sqlite/group-commit.ts'
import { eventually } from '../../support/eventually.ts'

const HOOKS: TransactionHooks = { begun() {}, committing() {}, committed() {}, undone() {} }

function groups(db: DatabaseSync, more: Partial<TransactionHooks & GroupCommitOptions> = {}): GroupCommit {
  const { begun = HOOKS.begun, committing = HOOKS.committing, ...options } = more
  return new GroupCommit(db, { ...HOOKS, begun, committing }, { patience: 5000, ...options })
}

const ioError = () => Object.assign(new Error('disk I/O error'), { errcode: 10, code: 'ERR_SQLITE_ERROR' })

test('a fault before the first job of a transaction is answered, and closing ends', async () => {
  using db = new DatabaseSync(':memory:')
  let begun = 0
  let faulty = true
  const writer = groups(db, {
    begun() {
      // more than once is one time too many: a turn of the loop for each would go on for ever
      if (++begun > 5) faulty = false
      if (faulty) throw ioError()
    },
  })
  for (const result of await Promise.allSettled([writer.submit(() => 1), writer.submit(() => 2)])) {
    assert.ok(result.status === 'rejected')
    assert.equal(result.reason.code, 'store-unavailable')
  }
  assert.equal(begun, 1)
  const last = writer.submit(() => 3)
  const refused = assert.rejects(last, { code: 'store-unavailable' })
  await writer.close()
  await refused
})

test('closing while another process writes does what was asked for before', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'group-commit-'))
  try {
    const path = join(dir, 'one.db')
    using db = new DatabaseSync(path)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 1; CREATE TABLE t (a)')
    using other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const writer = groups(db)
    const written = writer.submit(() => db.prepare('INSERT INTO t VALUES (1)').run().changes)
    const closing = writer.close()
    await wait(50)
    other.exec('COMMIT')
    assert.equal(Number(await written), 1)
    await closing

    other.exec('BEGIN IMMEDIATE')
    const impatient = groups(db, { patience: 30 })
    const refused = assert.rejects(
      impatient.submit(() => 1),
      { code: 'store-unavailable' },
    )
    await impatient.close()
    await refused
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('whoever is told that the disk failed and throws does not keep the store from closing', async () => {
  using db = new DatabaseSync(':memory:')
  const runners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve))
  const writer = groups(db, {
    sync: () => Promise.reject(new Error('EIO')),
    lost() {
      throw new Error('cannot be told')
    },
  })
  await assert.rejects(
    writer.submit(() => 1),
    /may be lost/,
  )
  assert.match(String(await thrown), /cannot be told/)
  for (const runner of runners) process.on('uncaughtException', runner)
  await writer.close()
})

test('whoever counts what is on disk and throws does not make it count as lost', async () => {
  using db = new DatabaseSync(':memory:')
  const runners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve))
  const lost: string[] = []
  let times = 0
  const writer = groups(db, {
    sync: async () => {},
    lost: (error) => lost.push(error.code),
    done() {
      times += 1
      if (times === 1) throw new Error('cannot be counted')
    },
  })
  assert.equal(await writer.submit(() => 1), 1)
  assert.equal(await writer.submit(() => 2), 2)
  await writer.close()
  assert.deepEqual([times, lost], [2, []])
  assert.match(String(await thrown), /cannot be counted/)
  for (const runner of runners) process.on('uncaughtException', runner)
})

/** A disk that is busy until it is told to be done. */
function slowDisk() {
  const waiting: (() => void)[] = []
  return {
    sync: () => new Promise<void>((resolve) => waiting.push(resolve)),
    done: () => waiting.shift()?.(),
    get busy() {
      return waiting.length > 0
    },
  }
}

test('what is asked for while the disk is busy is committed together once it is free', async () => {
  using db = new DatabaseSync(':memory:')
  const disk = slowDisk()
  let commits = 0
  const committing = () => {
    commits += 1
  }
  const writer = groups(db, { sync: disk.sync, committing })
  const answered: number[] = []
  const ask = (n: number) => writer.submit(() => n).then((value) => answered.push(value))
  const first = ask(1)
  await eventually('the disk to be busy', () => disk.busy)
  const others = [ask(2)]
  await wait(5)
  others.push(ask(3))
  await wait(5)
  assert.deepEqual([commits, answered], [1, []])
  disk.done()
  await first
  await eventually('it to be busy with the others', () => disk.busy)
  assert.deepEqual([commits, answered], [2, [1]])
  disk.done()
  await Promise.all(others)
  assert.deepEqual(answered, [1, 2, 3])
  await writer.close()
})

test('what need not last does not wait for the disk, nor does what was asked for before it', async () => {
  using db = new DatabaseSync(':memory:')
  const disk = slowDisk()
  const writer = groups(db, { sync: disk.sync })
  const order: number[] = []
  const asked = [1, 2].map((n) => writer.submit(() => order.push(n)))
  await wait(5)
  asked.push(writer.submit(() => order.push(3)))
  await wait(5)
  await writer.submit(() => order.push(4), { lasting: false })
  assert.deepEqual(order, [1, 2, 3, 4])
  disk.done()
  await wait(5)
  disk.done()
  await Promise.all(asked)
  await writer.close()
})

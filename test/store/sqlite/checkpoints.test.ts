import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { checkpointInBackground } from '../../../src/store/sqlite/checkpoints.ts'
import { untold } from '../../../src/tell.ts'
import { eventually } from '../../support/eventually.ts'

const KIB = 1024
let dir = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'checkpoints-'))
})
after(() => rm(dir, { recursive: true, force: true }))

test('the thread that makes checkpoints is there while the log is written to, and moves all of it', async () => {
  const path = join(dir, 'moved.db')
  using db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x BLOB)')
  const write = (kib: number) => db.prepare('INSERT INTO t VALUES (randomblob(?))').run(kib * KIB)
  const isMoved = async (kib: number) => (await stat(path)).size > kib * KIB
  await using checkpoints = checkpointInBackground(path, untold, {
    enough: 256 * KIB,
    from: 256 * KIB,
    look: 20,
    idle: 1_000,
  })
  write(10)
  await wait(300)
  assert.equal(checkpoints.running, false, 'a short log needs no thread')
  write(500)
  await eventually('the log to be moved', () => isMoved(500))
  await eventually('the thread to end', () => !checkpoints.running)
  await wait(300)
  assert.equal(checkpoints.running, false, 'what is moved already needs no thread, though the log keeps its size')
  write(500)
  await eventually('the log to be moved once more', () => isMoved(1_000))
})

test('pages are moved once the log is long, and from then on each time that there are enough', async () => {
  const path = join(dir, 'long.db')
  using db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x BLOB)')
  const write = (kib: number) => db.prepare('INSERT INTO t VALUES (randomblob(?))').run(kib * KIB)
  const times = { enough: 128 * KIB, from: 512 * KIB, look: 20, idle: 10_000 }
  await using checkpoints = checkpointInBackground(path, untold, times)
  const unmoved = () => {
    const { log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as Record<string, number>
    return (log ?? 0) - (checkpointed ?? 0)
  }
  write(300)
  await eventually('the thread to begin', () => checkpoints.running)
  await wait(300)
  assert.ok(unmoved() > 70, 'a page that changes again would be moved twice')
  write(300)
  await eventually('the log to be moved', () => unmoved() === 0)
  // it keeps its size, and begins anew
  for (const kib of [520, 520]) {
    write(kib)
    await eventually('the log to be moved again', () => unmoved() === 0)
  }
})

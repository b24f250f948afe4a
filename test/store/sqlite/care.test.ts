import assert from 'node:assert/strict'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { backUp, checkStore, compactStore, restoreStore } from '../../../src/store/sqlite/care.ts'
import { connect } from '../../../src/store/sqlite/connect.ts'
import { lockStore } from '../../../src/store/sqlite/lock.ts'

let dir = ''
let path = ''

/** A store with so many envelopes, as a running gateway has it open. */
function storeWith(count: number): DatabaseSync {
  const db = connect({ path, create: true, busyMs: 1_000 })
  const insert = db.prepare(
    "INSERT INTO envelope (direction, source, digest, msg_type, incidents, received_at) VALUES (0, 'a', ?, 'Report', '[]', 0)",
  )
  for (let i = 0; i < count; i += 1) insert.run(`${i} ${'x'.repeat(500)}`)
  return db
}

/** The store, open, with a commit that is in its log alone. */
function storeChanged(): DatabaseSync {
  const db = storeWith(0)
  db.exec("UPDATE envelope SET source = 'b'")
  return db
}

/** The log with that commit, as a gateway leaves it that is killed; closing writes it into the file. */
function logOfLatest(): Buffer {
  const running = storeChanged()
  const log = readFileSync(`${path}-wal`)
  running.close()
  return log
}

function envelopes(file: string): number {
  const db = new DatabaseSync(file)
  const { n } = db.prepare('SELECT count(*) AS n FROM envelope').get() as { n: number }
  db.close()
  return n
}

const busy = /Another gateway is running on this store/
const CONFUSED = { code: 'store-corrupt' }

describe('the care of a store', () => {
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'care-'))
    path = join(dir, 'gateway.db')
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  describe('a backup', () => {
    test('holds all that was committed, while the gateway has the store, for its owner alone', () => {
      using _lock = lockStore(path)
      const db = storeWith(200)
      const to = join(dir, 'copy.db')
      assert.ok(backUp(path, to).bytes > 100_000)
      db.close()
      assert.equal(envelopes(to), 200)
      assert.equal(statSync(to).mode & 0o777, 0o600)
      assert.ok(!existsSync(`${to}.part`))
    })

    test('overwrites nothing, and leaves nothing where there is no store', () => {
      storeWith(1).close()
      writeFileSync(join(dir, 'precious'), 'precious')
      assert.throws(() => backUp(path, join(dir, 'precious')), /There is a file at .*precious already/)
      assert.equal(readFileSync(join(dir, 'precious'), 'utf8'), 'precious')
      const before = readdirSync(dir)
      assert.throws(() => backUp(join(dir, 'none.db'), join(dir, 'x.db')), /There is no store at/)
      assert.throws(() => backUp(path, join(dir, 'no', 'folder.db')), { code: 'store-unavailable' })
      assert.deepEqual(readdirSync(dir), before)
    })
  })

  describe('restoring', () => {
    test('brings back what was in the copy, and keeps what was there with its latest commits', () => {
      storeWith(3).close()
      const copy = join(dir, 'copy.db')
      backUp(path, copy)
      const log = logOfLatest()
      writeFileSync(`${path}-wal`, log)
      const { kept } = restoreStore(copy, path, new Date('2026-11-26T14:00:00Z'))
      assert.equal(kept, `${path}.20261126T140000Z`)
      assert.equal(statSync(path).mode & 0o777, 0o600)
      assert.equal(envelopes(path), 3)
      const source = (file: string) => new DatabaseSync(file).prepare('SELECT source FROM envelope').get()?.source
      assert.equal(source(path), 'a')
      assert.equal(source(kept), 'b')
      // and a gateway takes it
      connect({ path, create: true, busyMs: 1_000 }).close()
    })

    test('a file whose latest commits are in a log beside it is not taken for a whole copy', () => {
      storeWith(3).close()
      const running = storeChanged()
      const copy = join(dir, 'copy.db')
      for (const end of ['', '-wal']) writeFileSync(`${copy}${end}`, readFileSync(`${path}${end}`))
      running.close()
      const before = readdirSync(dir)
      assert.throws(() => restoreStore(copy, path, new Date()), { ...CONFUSED, message: /copy\.db-wal.*store backup/ })
      assert.deepEqual(
        readdirSync(dir).filter((name) => !name.endsWith('.lock')),
        before,
      )
      assert.equal(envelopes(path), 3)
    })

    test('a log that a killed restore left is not taken for that of the next', () => {
      storeWith(3).close()
      const copy = join(dir, 'copy.db')
      writeFileSync(copy, readFileSync(path))
      const running = storeChanged()
      writeFileSync(`${path}.part-wal`, readFileSync(`${path}-wal`))
      running.close()
      restoreStore(copy, path, new Date())
      const db = new DatabaseSync(path)
      assert.equal(db.prepare('SELECT source FROM envelope').get()?.source, 'a')
      db.close()
    })

    test('the log of a store that is gone is not taken for that of the copy', () => {
      storeWith(3).close()
      const copy = join(dir, 'copy.db')
      backUp(path, copy)
      const log = logOfLatest()
      rmSync(path)
      writeFileSync(`${path}-wal`, log)
      const { kept } = restoreStore(copy, path, new Date('2026-11-26T14:00:00Z'))
      const db = connect({ path, create: true, busyMs: 1_000 })
      assert.equal(db.prepare('SELECT source FROM envelope').get()?.source, 'a')
      db.close()
      assert.equal(kept, `${path}.20261126T140000Z`)
      assert.deepEqual(readFileSync(`${kept}-wal`), log)
    })

    test('by root leaves what the gateway needs to the user that it runs as', (t) => {
      if (process.getuid?.() !== 0) return t.skip('only root can give files away')
      storeWith(2).close()
      const copy = join(dir, 'copy.db')
      backUp(path, copy)
      const home = join(dir, 'home')
      mkdirSync(home)
      chownSync(home, 65_534, 65_534)
      restoreStore(copy, join(home, 'gateway.db'), new Date())
      compactStore(join(home, 'gateway.db'))
      const owners = readdirSync(home).map((name) => [name, statSync(join(home, name)).uid])
      assert.deepEqual(owners.toSorted(), [
        ['gateway.db', 65_534],
        ['gateway.db.lock', 65_534],
      ])
    })

    test('keeps one that cannot be opened, with its log', () => {
      storeWith(2).close()
      const copy = join(dir, 'copy.db')
      backUp(path, copy)
      writeFileSync(path, 'damaged beyond repair')
      writeFileSync(`${path}-wal`, 'its log')
      const { kept } = restoreStore(copy, path, new Date())
      assert.equal(readFileSync(kept ?? '', 'utf8'), 'damaged beyond repair')
      assert.equal(readFileSync(`${kept}-wal`, 'utf8'), 'its log')
      assert.equal(envelopes(path), 2)
    })

    test('takes no log from a store that cannot be kept aside', () => {
      storeWith(2).close()
      const copy = join(dir, 'copy.db')
      backUp(path, copy)
      writeFileSync(path, 'damaged beyond repair')
      writeFileSync(`${path}-wal`, 'its log')
      // of another restore in the same second
      writeFileSync(`${path}.20261126T140000Z`, 'kept before')
      writeFileSync(`${path}.20261126T140000Z-wal`, 'its log before')
      assert.throws(() => restoreStore(copy, path, new Date('2026-11-26T14:00:00Z')))
      assert.equal(readFileSync(path, 'utf8'), 'damaged beyond repair')
      assert.equal(readFileSync(`${path}-wal`, 'utf8'), 'its log')
      assert.equal(readFileSync(`${path}.20261126T140000Z-wal`, 'utf8'), 'its log before')
    })

    test('makes the store where there is none', () => {
      storeWith(2).close()
      const copy = join(dir, 'copy.db')
      backUp(path, copy)
      const elsewhere = join(dir, 'new', 'gateway.db')
      assert.deepEqual(restoreStore(copy, elsewhere, new Date()), { kept: null })
      assert.equal(envelopes(elsewhere), 2)
    })

    test('changes nothing while a gateway runs, or for what is no sound copy', () => {
      storeWith(300).close()
      const copy = join(dir, 'copy.db')
      backUp(path, copy)
      {
        using _lock = lockStore(path)
        assert.throws(() => restoreStore(copy, path, new Date()), busy)
      }
      writeFileSync(join(dir, 'text'), 'no database at all, but long enough to have a header'.repeat(4))
      assert.throws(() => restoreStore(join(dir, 'text'), path, new Date()), CONFUSED)
      writeFileSync(join(dir, 'empty'), '')
      assert.throws(() => restoreStore(join(dir, 'empty'), path, new Date()), CONFUSED)
      damage(copy)
      assert.throws(() => restoreStore(copy, path, new Date()), CONFUSED)
      assert.equal(envelopes(path), 300)
      assert.deepEqual(
        readdirSync(dir).filter((name) => /part|db\./.test(name) && !name.endsWith('.lock')),
        [],
      )
    })
  })

  describe('a check', () => {
    test('finds nothing in a sound store, also while it is open', () => {
      const db = storeWith(10)
      assert.deepEqual(checkStore(path), [])
      db.close()
    })

    test('finds damage', () => {
      storeWith(300).close()
      damage(path)
      assert.ok(checkStore(path).length > 0)
    })
  })

  describe('compacting', () => {
    test('gives back what is not needed, and nothing else', () => {
      const db = storeWith(2_000)
      db.exec('DELETE FROM envelope WHERE seq > 5')
      db.close()
      const { before, after } = compactStore(path)
      assert.ok(after < before / 4, `${before} ${after}`)
      assert.equal(envelopes(path), 5)
    })

    test('waits for no gateway, and makes no store', () => {
      storeWith(1).close()
      using _lock = lockStore(path)
      assert.throws(() => compactStore(path), busy)
      assert.throws(() => compactStore(join(dir, 'none.db')), /There is no store at/)
      assert.ok(!existsSync(join(dir, 'none.db')))
    })
  })

  /** Bytes in the middle that no page has. */
  function damage(file: string): void {
    const fd = openSync(file, 'r+')
    const junk = Buffer.alloc(4096 * 8, 0xff)
    writeSync(fd, junk, 0, junk.length, 4096 * 20)
  }
})

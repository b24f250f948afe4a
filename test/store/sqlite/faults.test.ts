import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import type { ErrorCode } from '../../../src/errors.ts'
import { GatewayError } from '../../../src/errors.ts'
import type { Store } from '../../../src/store/contract.ts'
import { connect } from '../../../src/store/sqlite/connect.ts'
import { openGatewayStore, openQueue, openStore } from '../../../src/store/sqlite/sqlite-store.ts'
import { untold } from '../../../src/tell.ts'
import { createVirtualClock } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { createBench, delivery, envelope, request, sha } from '../support.ts'

const clock = createVirtualClock()
const code = (expected: ErrorCode) => (error: unknown) => {
  assert.ok(error instanceof GatewayError, String(error))
  assert.equal(error.code, expected, error.message)
  return true
}

async function directory(): Promise<AsyncDisposable & { path: string }> {
  const root = await mkdtemp(join(tmpdir(), 'store-faults-'))
  return { path: join(root, 'a', 'b', 'gateway.db'), [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
}

/** A store whose connection the test can spoil. */
async function spoilable(path: string): Promise<{ store: Store; db: DatabaseSync }> {
  let db: DatabaseSync | undefined
  const store = await openStore({
    path,
    tell: untold,
    clock,
    connect(options) {
      db = connect(options)
      return db
    },
  })
  return { store, db: db! }
}

describe('opening a store', () => {
  test('makes file and directory for the owner alone', async () => {
    await using place = await directory()
    await using store = await openStore({ path: place.path, tell: untold, clock })
    await store.probe()
    for (const name of ['', '-wal', '-shm']) assert.equal(statSync(place.path + name).mode & 0o777, 0o600)
    assert.equal(statSync(dirname(place.path)).mode & 0o777, 0o700)
  })

  test('takes a file that everybody may read from them, and what stands beside it', async () => {
    await using place = await directory()
    const names = ['', '-wal', '-shm', '.lock']
    {
      await using first = await openGatewayStore({ path: place.path, tell: untold, clock })
      await first.probe()
      for (const name of names) chmodSync(place.path + name, 0o644)
    }
    writeFileSync(`${place.path}-wal`, '', { mode: 0o644 })
    await using store = await openGatewayStore({ path: place.path, tell: untold, clock })
    await store.probe()
    for (const name of names) assert.equal(statSync(place.path + name).mode & 0o777, 0o600, name)
  })

  test('leaves a file to its group', async () => {
    await using place = await directory()
    {
      await using first = await openStore({ path: place.path, tell: untold, clock })
      await first.probe()
      chmodSync(place.path, 0o640)
    }
    await using store = await openStore({ path: place.path, tell: untold, clock })
    await store.probe()
    for (const name of ['', '-wal']) assert.equal(statSync(place.path + name).mode & 0o777, 0o640, name)
  })

  test('the queue command makes none', async () => {
    await using place = await directory()
    await assert.rejects(openQueue({ path: place.path, tell: untold, clock }), code('store-unavailable'))
    assert.equal(existsSync(dirname(place.path)), false)
  })

  test('says so where there can be no file', async () => {
    await using place = await directory()
    await using store = await openStore({ path: place.path, tell: untold, clock })
    await assert.rejects(
      openStore({ path: join(place.path, 'below.db'), tell: untold, clock }),
      code('store-unavailable'),
    )
    await store.probe()
  })

  test('leaves alone a file that is no database, or not ours, or newer', async () => {
    await using place = await directory()
    await (await openStore({ path: place.path, tell: untold, clock }))[Symbol.asyncDispose]()
    const noise = join(dirname(place.path), 'noise.db')
    writeFileSync(noise, 'not a database at all. '.repeat(400))
    await assert.rejects(openStore({ path: noise, tell: untold, clock }), code('store-corrupt'))
    assert.match(readFileSync(noise, 'utf8'), /^not a database/)

    const foreign = join(dirname(place.path), 'foreign.db')
    new DatabaseSync(foreign).exec('CREATE TABLE theirs (a)')
    await assert.rejects(openStore({ path: foreign, tell: untold, clock }), code('store-corrupt'))

    new DatabaseSync(place.path).exec('PRAGMA user_version = 999')
    await assert.rejects(openStore({ path: place.path, tell: untold, clock }), code('store-corrupt'))
  })

  test('keeps what was there', async () => {
    await using bench = await createBench()
    await bench.store.accept(envelope(clock, 'one', [delivery('A')]))
    await bench.store[Symbol.asyncDispose]()
    const again = await bench.reopen()
    assert.equal((await again.list()).length, 1)
    await again.accept(envelope(clock, 'two', [delivery('B')]))
    const [first, second] = await again.list()
    assert.ok(first!.id < second!.id, 'ids go on from where they were')
  })
})

describe('a store that cannot write', () => {
  test('because the disk is full: nothing is half done, and it goes on when there is room again', async () => {
    await using place = await directory()
    const { store, db } = await spoilable(place.path)
    await using _ = store
    await store.accept(envelope(clock, 'before', [delivery('A')]))
    const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number }
    db.exec(`PRAGMA max_page_count = ${pages + 4}`)
    const large = envelope(clock, 'large', [delivery('B'), delivery('C', { payload: 'x'.repeat(200_000) })])
    const results = await Promise.allSettled([
      store.accept(envelope(clock, 'small', [delivery('D')])),
      store.accept(large),
    ])
    for (const result of results) assert.ok(result.status === 'rejected' && code('store-unavailable')(result.reason))
    assert.deepEqual(
      (await store.list()).map((one) => one.item),
      [sha('A')],
    )
    assert.equal((await store.backlog())[0]?.pending, 1)
    assert.equal(await store.findEnvelope('rid-to-grid', 'csirt-a', sha('message large')), undefined)

    db.exec('PRAGMA max_page_count = 1000000')
    assert.equal((await store.accept(large)).outcome, 'accepted')
    assert.equal((await store.backlog())[0]?.pending, 3)
  })

  test('because it is read-only: claims and settlements say so too, and change nothing', async () => {
    await using place = await directory()
    const { store, db } = await spoilable(place.path)
    await using _ = store
    await store.accept(envelope(clock, 'one', [delivery('A'), delivery('B')]))
    const [unit] = await store.claim(request(clock, { limit: 1 }))
    db.exec('PRAGMA query_only = 1')
    await assert.rejects(store.settle([{ id: unit![0]!.id, to: 'delivered' }]), code('store-unavailable'))
    await assert.rejects(store.claim(request(clock)), code('store-unavailable'))
    await assert.rejects(store.probe(), code('store-unavailable'))
    db.exec('PRAGMA query_only = 0')
    await store.settle([{ id: unit![0]!.id, to: 'delivered' }])
    assert.deepEqual(
      (await store.list()).map((one) => one.state),
      ['delivered', 'pending'],
    )
  })

  test('because another process writes: waits, and the thread goes on meanwhile', async () => {
    await using bench = await createBench()
    const other = new DatabaseSync(bench.path)
    other.exec('BEGIN IMMEDIATE')
    let turns = 0
    const ticking = setInterval(() => turns++, 5)
    const accepting = bench.store.accept(envelope(clock, 'one', [delivery('A')]))
    await eventually('the thread to go on', () => turns >= 20)
    assert.equal((await bench.store.list()).length, 0)
    other.exec('COMMIT')
    other.close()
    assert.equal((await accepting).outcome, 'accepted')
    clearInterval(ticking)
  })

  test('because another process will not let go: says so, and works when it has', async () => {
    await using bench = await createBench()
    await using store = await openStore({ path: bench.path, tell: untold, clock, patience: 50 })
    const other = new DatabaseSync(bench.path)
    other.exec('BEGIN IMMEDIATE')
    await assert.rejects(store.accept(envelope(clock, 'one', [delivery('A')])), code('store-unavailable'))
    other.exec('COMMIT')
    other.close()
    assert.equal((await store.accept(envelope(clock, 'one', [delivery('A')]))).outcome, 'accepted')
  })

  test('because it is closed', async () => {
    await using bench = await createBench()
    const waiting = bench.store.accept(envelope(clock, 'one', [delivery('A')]))
    await bench.store[Symbol.asyncDispose]()
    assert.equal((await waiting).outcome, 'accepted', 'what was asked for before is done')
    await assert.rejects(bench.store.probe(), code('store-unavailable'))
    await assert.rejects(bench.store.list(), code('store-unavailable'))
    await bench.store[Symbol.asyncDispose]()
  })

  test('because its file is damaged: says corrupt', async () => {
    await using bench = await createBench()
    for (let n = 0; n < 50; n++) await bench.store.accept(envelope(clock, `${n}`, [delivery(`${n}`)]))
    await bench.store[Symbol.asyncDispose]()
    const bytes = readFileSync(bench.path)
    writeFileSync(bench.path, bytes.fill(0xa5, 4096))
    await assert.rejects(async () => {
      const store = await bench.reopen()
      await store.list()
    }, code('store-corrupt'))
  })
})

test('a delivery whose payload is missing is held and says so, and the others go on', async () => {
  await using place = await directory()
  const { store, db } = await spoilable(place.path)
  await using _ = store
  const incident = 'a 1'
  await store.accept(
    envelope(clock, 'one', [
      delivery('A', { incident }),
      delivery('B', { incident }),
      delivery('C'),
      delivery('D', { group: { id: 'g', items: [sha('D'), sha('E')] } }),
      delivery('E', { group: { id: 'g', items: [sha('D'), sha('E')] } }),
    ]),
  )
  const lost = [sha('A'), sha('D')]
  db.exec(
    `DELETE FROM body WHERE seq IN (SELECT body FROM delivery WHERE hex(item) IN ('${lost.join("','").toUpperCase()}'))`,
  )
  const items = (units: Awaited<ReturnType<typeof store.claim>>) => units.map((unit) => unit.map((one) => one.item))
  // the first one alone is due, and cannot be sent: the next one takes its place
  assert.deepEqual(items(await store.claim(request(clock, { limit: 1 }))).length, 1)
  const more = [...items(await store.claim(request(clock))), ...items(await store.claim(request(clock)))]
  assert.equal(more.flat().length, 2)
  const held = await store.list({ states: ['held'] })
  assert.deepEqual(
    held.map((one) => [one.item, one.reason, one.attempts]),
    lost.map((item) => [item, 'its payload is missing in the store', 0]),
  )
  assert.deepEqual(
    (await store.trace(incident)).map((one) => one.event),
    ['held'],
  )
  const [row] = await store.backlog()
  assert.deepEqual([row?.pending, row?.sending, row?.held], [0, 3, 2])
  assert.equal(await store.retry(held[0]!.id, clock.now()), false, 'there is nothing to send')
})

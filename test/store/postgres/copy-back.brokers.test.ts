import assert from 'node:assert/strict'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import type { StoreConfig } from '../../../src/config/types.ts'
import { COPIED, type CopiedRow } from '../../../src/store/coding/copied-tables.ts'
import { copyStore, openForGateway } from '../../../src/store/open-store.ts'
import { openForCopy as openTables } from '../../../src/store/postgres/copy-source.ts'
import { openForCopy as openFile } from '../../../src/store/sqlite/copy-source.ts'
import { untold } from '../../../src/tell.ts'
import { FIRST, INCIDENT, putEach, told } from '../copied.ts'
import { newTables } from '../moving.ts'
import { createBench as createSqliteBench, delivery, envelope, MEMORY, request, sha } from '../support.ts'
import { createPostgresBench } from './bench.ts'

/** All rows of what is copied, by table, in one order. */
async function rowsOf(path: string): Promise<Map<string, CopiedRow[]>> {
  using source = openFile(path)
  const all = new Map<string, CopiedRow[]>()
  for (const table of COPIED) {
    const rows: CopiedRow[] = []
    for await (const piece of source.rows(table)) rows.push(...piece)
    all.set(
      table.name,
      rows
        .map((row) => JSON.stringify(row))
        .sort()
        .map((row) => JSON.parse(row) as CopiedRow),
    )
  }
  return all
}

/** What is kept beside that, and comes of it. */
function madeOf(path: string): unknown[] {
  using db = new DatabaseSync(path, { readOnly: true })
  const asked = [
    `SELECT d.seq, d.size, d.name, typeof(d.item) AS item, typeof(d.variant) AS variant FROM delivery d WHERE d.state <> 2 ORDER BY d.seq`,
    `SELECT a.delivery, i.key, i.tail FROM delivery_also a JOIN incident i ON i.id = a.incident ORDER BY 1, 2`,
    `SELECT key, tail FROM incident i WHERE EXISTS (SELECT 1 FROM delivery WHERE incident = i.id) OR EXISTS (SELECT 1 FROM trace WHERE incident = i.id)
     ORDER BY key`,
    `SELECT seq, typeof(digest) AS digest FROM envelope ORDER BY seq`,
    `SELECT type, name, sql FROM sqlite_schema ORDER BY name`,
  ]
  return asked.map((text) => db.prepare(text).all())
}

describe('store copy, back from PostgreSQL', () => {
  const options = { tell: untold, lost: () => {} }

  test('gives what there was in SQLite before it went there, row for row', async () => {
    await using from = await createSqliteBench(MEMORY)
    await using bench = await createPostgresBench()
    await putEach(from.store, from.clock)
    const before = await told(from.store)
    await from.store[Symbol.asyncDispose]()
    const there: StoreConfig = { path: 'none', postgres: newTables(bench.server.url) }
    const back = join(dirname(from.path), 'back', 'gateway.db')
    await copyStore({ path: from.path }, there, () => {})
    const count = await copyStore(there, { path: back }, () => {})

    const rows = await rowsOf(back)
    assert.deepEqual(rows, await rowsOf(from.path))
    for (const { name } of COPIED) assert.notEqual(rows.get(name)?.length, 0, `something in ${name}`)
    assert.equal(count, [...rows.values()].flat().length)
    assert.deepEqual(madeOf(back), madeOf(from.path))
    assert.equal((statSync(back).mode & 0o777).toString(8), '600')
    assert.equal(existsSync(`${back}.unfinished`), false)

    await using after = await openForGateway({ path: back }, { ...options, clock: from.clock })
    const { seen: _short, ...now } = await told(after)
    const { seen: _long, ...then } = before
    assert.deepEqual(now, then)
    assert.equal(await after.releaseLeases(), 1, 'nobody has them any more')
    assert.equal((await after.accept(envelope(from.clock, 'one', FIRST))).outcome, 'duplicate')
  })

  test('gives what came in there, and takes in and delivers in order at its new place', async () => {
    await using from = await createPostgresBench()
    const { clock } = from
    await putEach(from.store, clock)
    const before = await told(from.store)
    // what is sent to several has a key of its own there, which may be the last
    const tables = from.sql(from.schema)
    await from.sql`INSERT INTO ${tables}.body (seq, text) OVERRIDING SYSTEM VALUE SELECT 2 + greatest(
      (SELECT max(seq) FROM ${tables}.delivery), (SELECT max(seq) FROM ${tables}.envelope), (SELECT max(seq) FROM ${tables}.record)), 'last'`
    await from.store[Symbol.asyncDispose]()
    await using place = await createSqliteBench(MEMORY)
    const path = `${place.path}.new`
    await copyStore({ path: 'none', postgres: { url: from.server.url, schema: from.schema } }, { path }, () => {})
    await using after = await openForGateway({ path }, { ...options, clock })
    const { seen: _short, ...now } = await told(after)
    const { seen: _long, ...then } = before
    assert.deepEqual(now, then)
    clock.set(clock.now() - 3_600_000)
    const fresh = await after.accept(envelope(clock, 'fresh', [delivery('new', { incident: INCIDENT })]))
    clock.set(clock.now() + 3_600_000)
    assert.ok(fresh.outcome === 'accepted' && fresh.deliveries[0]! > before.list.at(-1)!.id, 'keys go on behind those')
    const [first] = await after.claim(request(clock))
    assert.equal(first?.[0]?.item, sha('A'), 'in the order in which they stood')
  })

  test('takes nothing from under a gateway that lives, and lets none start meanwhile', async () => {
    await using from = await createPostgresBench()
    const tables: StoreConfig = { path: 'none', postgres: { url: from.server.url, schema: from.schema } }
    await using place = await createSqliteBench(MEMORY)
    const path = `${place.path}.new`
    const copy = () => copyStore(tables, { path }, () => {})
    await assert.rejects(copy(), {
      code: 'store-unavailable',
      message: /A gateway is at work on this store, process \d+ of /,
    })
    assert.equal(existsSync(path), false)
    await from.store.accept(envelope(from.clock, 'one', FIRST))
    await from.store[Symbol.asyncDispose]()
    {
      await using _source = await openTables({ url: from.server.url, schema: from.schema })
      const start = openForGateway(tables, { ...options, clock: from.clock })
      await assert.rejects(start, { code: 'store-unavailable', message: /is being copied to another place/ })
    }
    await copy()
    await using after = await openForGateway(tables, { ...options, clock: from.clock })
    assert.equal((await after.list()).length, FIRST.length, 'the source stays as it is')
  })

  test('goes on where it was interrupted, and never over what is there', async () => {
    await using from = await createPostgresBench()
    await putEach(from.store, from.clock)
    await from.store[Symbol.asyncDispose]()
    await using place = await createSqliteBench(MEMORY)
    const path = `${place.path}.new`
    const copy = async (most = Number.POSITIVE_INFINITY) => {
      let pieces = 0
      const tables = { url: from.server.url, schema: from.schema }
      return await copyStore({ path: 'none', postgres: tables }, { path }, () => {
        if (++pieces > most) throw new Error('stopped')
      })
    }
    await assert.rejects(copy(8), /stopped/)
    assert.equal(existsSync(path), false, 'half a store is none')
    const count = await copy()
    assert.ok(count > 20)
    const inode = statSync(path).ino
    await assert.rejects(copy(), {
      code: 'store-unavailable',
      message: /There is a file at .*: nothing is put over it/,
    })
    assert.equal(statSync(path).ino, inode)
    writeFileSync(`${path}2.unfinished`, 'mine')
    const other = copyStore(
      { path: 'none', postgres: { url: from.server.url, schema: from.schema } },
      { path: `${path}2` },
      () => {},
    )
    await assert.rejects(other, { code: 'store-corrupt' })
    assert.equal(statSync(`${path}2.unfinished`).size, 4)
  })

  test('begins anew where what an earlier try left is not what there is by now', async () => {
    await using from = await createPostgresBench()
    await from.store.accept(envelope(from.clock, 'one', FIRST))
    await from.store[Symbol.asyncDispose]()
    await using place = await createSqliteBench(MEMORY)
    const path = `${place.path}.new`
    const tables = { url: from.server.url, schema: from.schema }
    const copy = (progress = () => {}) => copyStore({ path: 'none', postgres: tables }, { path }, progress)
    let pieces = 0
    const stopped = copy(() => {
      if (++pieces > 10) throw new Error('stopped')
    })
    await assert.rejects(stopped, /stopped/)
    await from.sql`UPDATE ${from.sql(from.schema)}.destination SET held = 5`
    await assert.rejects(copy(), {
      code: 'store-corrupt',
      message: /Of destination there were .* which say something else/,
    })
    assert.ok((await copy()) > 5)
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { searchWord } from '../../../src/iodef/incident-id.ts'
import type { Backlog, Delivery, SeenItem, TraceEvent } from '../../../src/store/contract.ts'
import type { StoreNews } from '../../../src/store/news.ts'
import { checkStore } from '../../../src/store/sqlite/care.ts'
import { APPLICATION_ID, MIGRATIONS } from '../../../src/store/sqlite/schema.ts'
import { searchWordInSql } from '../../../src/store/sqlite/schema-lean.ts'
import { openStore } from '../../../src/store/sqlite/sqlite-store.ts'
import { type Tell, untold } from '../../../src/tell.ts'
import { createVirtualClock } from '../../support/clock.ts'
import { delivery, envelope, request, sha } from '../support.ts'

test('a store of the first version is brought up to date with all that it holds', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-'))
  const path = join(directory, 'gateway.db')
  const clock = createVirtualClock()
  const old = new DatabaseSync(path)
  old.exec(MIGRATIONS[0] ?? '')
  old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1`)
  old.exec(`INSERT INTO envelope VALUES (1, 0, 'csirt-a', '${sha('message one')}', 'Report', '["x 1"]', 5);
    INSERT INTO destination VALUES (1, 0, 'incident', 1, 0, 0, 0);
    INSERT INTO delivery (seq, envelope, destination, incident, item, state, ready, ord, due, created_at, updated_at)
      VALUES (2, 1, 1, 'x 1', '${sha('A')}', 0, 1, 2, 5, 5, 5);
    INSERT INTO payload VALUES (2, '<a/>');
    INSERT INTO item_source VALUES ('${sha('A')}', 'csirt-b')`)
  old.close()
  {
    await using store = await openStore({ path, tell: untold, clock })
    assert.deepEqual(await store.sourcesOf(sha('A'), ''), ['csirt-a', 'csirt-b'])
    assert.equal((await store.accept(envelope(clock, 'one', [delivery('A')]))).outcome, 'duplicate')
    const second = await store.accept(envelope(clock, 'two', [delivery('A', { variant: sha('x'), incident: 'x 1' })]))
    assert.ok(second.outcome === 'accepted' && second.deliveries.length === 1)
    const [unit] = await store.claim(request(clock))
    assert.equal(unit?.[0]?.payload, '<a/>')
  }
  const db = new DatabaseSync(path)
  assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), [])
  assert.deepEqual(
    db
      .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'delivery%' ORDER BY name")
      .all()
      .map((row) => row.name),
    [
      'delivery',
      'delivery_also',
      'delivery_aside',
      'delivery_behind',
      'delivery_body',
      'delivery_bound',
      'delivery_group',
      'delivery_grp',
      'delivery_incident',
      'delivery_item',
      'delivery_leased',
      'delivery_line',
      'delivery_name',
      'delivery_open',
      'delivery_ready',
      'delivery_turn',
    ],
  )
  db.close()
  await rm(directory, { recursive: true })
})

test('deliveries of a store of the third version keep their places in line, by whose message they are of', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-'))
  const path = join(directory, 'gateway.db')
  const clock = createVirtualClock()
  const old = new DatabaseSync(path)
  for (const step of MIGRATIONS.slice(0, 3)) old.exec(step)
  old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 3`)
  old.exec(`INSERT INTO envelope VALUES (1, 0, 'csirt-a', 'a', 'Report', '["x 1"]', 5), (2, 0, 'csirt-b', 'b', 'Report', '["x 1"]', 5);
    INSERT INTO destination VALUES (1, 0, 'incident', 3, 0, 0, 0)`)
  for (const [seq, message, name] of [
    [3, 1, 'A'],
    [4, 2, 'B'],
    [5, 1, 'C'],
  ] as const) {
    old.exec(`INSERT INTO delivery (seq, envelope, destination, incident, item, variant, state, ready, ord, due, created_at, updated_at)
        VALUES (${seq}, ${message}, 1, 'x 1', '${sha(name)}', '', 0, ${seq === 3 ? 1 : 0}, ${seq}, 5, 5, 5);
      INSERT INTO payload VALUES (${seq}, '${name}')`)
  }
  old.close()
  {
    await using store = await openStore({ path, tell: untold, clock })
    const claimed = async () => {
      const units = await store.claim(request(clock))
      await store.settle(units.flat().map(({ id }) => ({ id, to: 'delivered' })))
      return units.flat().map(({ payload }) => payload)
    }
    assert.deepEqual([await claimed(), await claimed(), await claimed()].flat(), ['A', 'B', 'C'])
  }
  await rm(directory, { recursive: true })
})

test('documents of a store of the fifth version wait for the same items as before', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-'))
  const path = join(directory, 'gateway.db')
  const clock = createVirtualClock()
  const old = new DatabaseSync(path)
  for (const step of MIGRATIONS.slice(0, 5)) old.exec(step)
  old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 5`)
  const items = ['A', 'B', 'A', 'C'].map(sha)
  old.exec(`INSERT INTO envelope VALUES (1, 0, 'csirt-a', 'a', 'Report', '["x 1"]', 5);
    INSERT INTO destination VALUES (1, 0, 'incident', 1, 0, 0, 0), (2, 0, 'other', 1, 0, 0, 0);
    INSERT INTO body VALUES (1, NULL, 'A');
    INSERT INTO delivery_group VALUES (3, 1, 'g', '${JSON.stringify(items)}', 2), (4, 2, 'g', '${JSON.stringify(items)}', 1);
    INSERT INTO group_missing VALUES (1, '${sha('B')}', 3), (1, '${sha('C')}', 3), (2, '${sha('B')}', 4)`)
  for (const [seq, destination] of [
    [3, 1],
    [4, 2],
  ]) {
    old.exec(`INSERT INTO delivery (seq, envelope, destination, incident, origin, item, variant, state, ready, ord, grp, due, not_before,
        created_at, updated_at)
      VALUES (${seq}, 1, ${destination}, 'x 1', 'csirt-a', '${sha('A')}', '', 0, 1, ${seq}, ${seq}, 9e15, 9e15, 5, 5);
      INSERT INTO payload VALUES (${seq}, 1)`)
  }
  old.close()
  {
    await using store = await openStore({ path, tell: untold, clock })
    const group = { id: 'g', items }
    const bring = async (item: string, destination: string) => {
      const row = delivery(item, { destination, group, notBefore: clock.now() + 1000 })
      await store.accept(envelope(clock, `${item} ${destination}`, [row]))
      return (await store.claim(request(clock, { destination }))).map((unit) => unit.map((one) => one.item))
    }
    assert.deepEqual(await bring('B', 'incident'), [])
    assert.deepEqual(await bring('C', 'incident'), [['A', 'B', 'C'].map(sha)])
    assert.deepEqual(await bring('B', 'other'), [['A', 'B'].map(sha)])
  }
  await rm(directory, { recursive: true })
})

interface Answers {
  readonly at: number
  readonly backlog: readonly Backlog[]
  readonly deliveries: readonly Delivery[]
  readonly byIncident: readonly (readonly [string, readonly string[]])[]
  readonly traces: readonly (readonly [string, readonly TraceEvent[]])[]
  readonly sources: readonly (readonly [string, readonly string[]])[]
  readonly payloads: readonly (readonly [string, string | null])[]
  readonly cursor: SeenItem
}

test('a store of wide tables says of all that it holds what it said before, and goes on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-'))
  const path = join(directory, 'gateway.db')
  const fixture = new URL('../fixtures/wide-tables', import.meta.url).pathname
  await copyFile(`${fixture}.db`, path)
  const before = JSON.parse(readFileSync(`${fixture}.json`, 'utf8')) as Answers
  const clock = createVirtualClock()
  await clock.advance(before.at - clock.now())
  {
    const told: unknown[] = []
    const tell: Tell<StoreNews> = (name, ...about) => {
      if (name === 'store-upgrading') told.push(...about)
    }
    await using store = await openStore({ path, tell, clock })
    assert.deepEqual(told, [{ path, version: 16, bytes: 368_640 }])
    const ids = before.deliveries.map(({ id }) => id)
    assert.deepEqual(
      (await store.list()).map(({ id }) => id),
      ids,
    )
    assert.deepEqual(await Promise.all(ids.map((id) => store.show(id))), before.deliveries)
    assert.deepEqual(await store.backlog(), before.backlog)
    for (const [incident, found] of before.byIncident) {
      assert.deepEqual(
        (await store.list({ incident })).map(({ id }) => id),
        found,
      )
    }
    for (const [incident, rows] of before.traces) assert.deepEqual(await store.trace(incident), rows)
    for (const [item, peers] of before.sources) assert.deepEqual(await store.sourcesOf(item), peers)
    for (const [item, payload] of before.payloads) {
      assert.equal((await store.findPayload('topic', 'incident', item)) ?? null, payload)
    }
    assert.deepEqual(await store.cursor('incident'), before.cursor)
    // what was known is known: a repeat, and the same item from another
    const [first] = before.deliveries
    assert.ok(await store.findEnvelope('rid-to-grid', 'csirt-a', sha('message 1')))
    assert.ok(first)
    await store.releaseLeases()
    await clock.advance(60_000)
    const sent = new Set<string>()
    for (const destination of ['incident', 'incident-2', 'other', 'other-2']) {
      for (;;) {
        const units = (await store.claim(request(clock, { destination }))).flat()
        if (units.length === 0) break
        for (const { id } of units) sent.add(id)
        await store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
      }
    }
    const open = before.deliveries.filter(({ state, kind }) => kind === 'topic' && /pending|sending/.test(state))
    // one may have waited for another's wording, and is delivered with it
    assert.ok(open.length > 10 && sent.size >= open.length - 1)
    assert.deepEqual(
      (await store.list({ states: ['pending', 'sending'] })).filter(({ kind }) => kind === 'topic'),
      [],
    )
    assert.ok((await store.prune(clock.now() + 31 * 86_400_000, 50)) > open.length)
  }
  assert.deepEqual(checkStore(path), [])
  await rm(directory, { recursive: true })
})

test('the word that an incident is found by is the same in SQL', () => {
  using db = new DatabaseSync(':memory:')
  const word = db.prepare(`SELECT ${searchWordInSql('?1')} AS word`)
  for (const key of [
    'a.example 7',
    'a 7#2',
    'a b  c',
    'alone',
    '',
    '#',
    'a #',
    'a 7# b',
    'é ü漢🔒',
    'a 7#2#3',
    ' ',
    'a 7 ',
  ]) {
    assert.equal((word.get(key) as { word: string }).word, searchWord(key), key)
  }
})

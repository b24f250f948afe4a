import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import postgres from 'postgres'
import { migrate } from '../../../src/store/postgres/migrate.ts'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { MIGRATIONS } from '../../../src/store/postgres/schema.ts'
import { untold } from '../../../src/tell.ts'
import { createVirtualClock } from '../../support/clock.ts'
import { delivery, envelope } from '../support.ts'
import { createPostgresBench } from './bench.ts'

const DAY = 86_400_000
const WEEK = 7 * DAY

const event = (at: number, incident = 'x 1') => ({ at, incident, event: 'accepted', fields: {} })

/** A store of its own whose clock is some weeks ahead: behind what was there before there were weeks. */
async function createBench() {
  const shared = await createPostgresBench()
  const at = { url: shared.server.url, schema: `weeks_${randomBytes(6).toString('hex')}` }
  const clock = createVirtualClock({ start: Math.ceil(Date.now() / WEEK) * WEEK + 10 * WEEK })
  const sql = postgres(at.url, { max: 1, onnotice: () => {}, connection: { search_path: at.schema } })
  const partOf = async (incident: string) => {
    const rows = await sql<
      { part: string }[]
    >`SELECT tableoid::regclass::text AS part FROM trace WHERE tail = ${incident}`
    return rows.map(({ part }) => part)
  }
  return {
    ...{ at, clock, sql, partOf },
    open: () => openGatewayStore({ at, tell: untold, clock }),
    async [Symbol.asyncDispose]() {
      await sql.end()
      await shared[Symbol.asyncDispose]()
    },
  }
}

test('a week of the trace that is old goes as a whole, and rows of no week one by one', async () => {
  await using bench = await createBench()
  const { clock, partOf } = bench
  await using store = await bench.open()
  await store.record([event(clock.now()), event(clock.now() + 6 * DAY), event(clock.now() + WEEK)])
  await store.record([event(clock.now() - 52 * WEEK, 'x 2'), event(clock.now() + 52 * WEEK, 'x 3')])
  const [first, second, third] = await partOf('1')
  assert.equal(first, second)
  assert.notEqual(first, third)
  assert.match(`${first} ${third}`, /^trace_\d{8} trace_\d{8}$/)
  assert.deepEqual([await partOf('2'), await partOf('3')], [['trace_before'], ['trace_rest']])
  await clock.advance(399 * DAY)
  assert.equal(await store.prune(clock.now()), 1, 'the one of a year before')
  await clock.advance(DAY + WEEK)
  assert.equal(await store.prune(clock.now()), 2)
  const left = (await store.trace('x 1')).map(({ at }) => at)
  assert.equal(left.length, 1)
  assert.deepEqual(await partOf('1'), [third])
  const [row] = await bench.sql<{ there: boolean }[]>`SELECT to_regclass(${first!}) IS NOT NULL AS there`
  assert.equal(row?.there, false, 'its table is gone')
  assert.deepEqual(await partOf('3'), ['trace_rest'], 'what has no part when it comes stays where it is')
  await clock.advance(52 * WEEK)
  assert.equal(await store.prune(clock.now()), 2)
})

test('who writes does not wait for a week that cannot go since a backup reads it', async () => {
  await using bench = await createBench()
  const { clock, sql } = bench
  await using store = await bench.open()
  await store.record([event(clock.now())])
  await clock.advance(400 * DAY + WEEK)
  await using other = { sql: postgres(bench.at.url, { max: 1 }), [Symbol.asyncDispose]: () => other.sql.end() }
  const reading = await other.sql.reserve()
  await reading.unsafe(`BEGIN; LOCK TABLE ${bench.at.schema}.trace IN ACCESS SHARE MODE`)
  const pruned = store.prune(clock.now())
  const began = performance.now()
  for (let n = 0; n < 20; n++) await store.accept(envelope(clock, `${n}`, [delivery(`${n}`)]), [event(clock.now())])
  const waited = performance.now() - began
  assert.equal(await pruned, 0)
  assert.ok(waited < 10_000, `${waited} ms for 20 reports`)
  await reading.unsafe('COMMIT')
  reading.release()
  assert.equal(await store.prune(clock.now()), 1, 'the next time it goes')
  assert.equal((await sql`SELECT 1 FROM trace`).length, 20)
})

test('a gateway of the version before goes on with the trace while it is put into weeks', async () => {
  await using bench = await createBench()
  const { at, clock, sql } = bench
  await sql.unsafe(`CREATE SCHEMA ${at.schema}`)
  await sql.unsafe('CREATE TABLE migration (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())')
  await sql.unsafe(MIGRATIONS[0]!)
  await sql.unsafe('INSERT INTO migration (version) VALUES (1)')
  const insert = () => sql`INSERT INTO trace (at, incident, tail, event, fields)
    VALUES (${clock.now()}, 'x 1', '1', 'accepted', '{}') RETURNING seq::integer`
  const update = (seq: number) => sql`UPDATE trace SET at = ${clock.now()}, fields = '{"n":1}' WHERE seq = ${seq}`
  const read = () => sql`SELECT seq::integer FROM trace WHERE tail = ${'1'} ORDER BY at, seq`
  await sql`INSERT INTO trace (at, incident, tail, event, fields) VALUES (5, 'x 1', '1', 'accepted', '{}')`
  const [early] = await insert()
  await update(early!.seq)
  assert.equal((await read()).length, 2)

  const found = await migrate(at, { create: true })
  assert.equal(found.version, MIGRATIONS.length)
  await using store = await bench.open()
  const [late] = await insert()
  assert.ok(late!.seq > early!.seq)
  await update(early!.seq)
  await update(late!.seq)
  assert.deepEqual(
    (await read()).map(({ seq }) => seq),
    [1, early!.seq, late!.seq],
  )
  assert.deepEqual(
    (await store.trace('x 1')).map(({ fields }) => fields),
    [{}, { n: 1 }, { n: 1 }],
  )
  await assert.doesNotReject(
    sql`SELECT max(seq) AS seq FROM (SELECT seq, at FROM trace ORDER BY seq LIMIT 200) t WHERE at < 10`,
  )
  assert.equal((await sql`DELETE FROM trace WHERE seq <= 1 AND at < 10`).count, 1, 'its prune, too')
})

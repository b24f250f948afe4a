import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import postgres from 'postgres'
import type { Backlog, Delivery, SeenItem, TraceEvent } from '../../../src/store/contract.ts'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { MIGRATIONS } from '../../../src/store/postgres/schema.ts'
import type { WholeStore } from '../../../src/store/whole-store.ts'
import { untold } from '../../../src/tell.ts'
import { createVirtualClock } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { delivery, envelope, request, sha } from '../support.ts'

const SCHEMA = 'version_1'
const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')

/** What that version answered when it was asked for all of it. */
interface Answers {
  readonly at: number
  readonly backlog: readonly Backlog[]
  readonly deliveries: readonly Delivery[]
  readonly traces: readonly [string, readonly TraceEvent[]][]
  readonly sources: readonly [string, readonly string[]][]
  readonly cursor: SeenItem
  readonly exchange: unknown
  readonly records: unknown
}

/** Statements as version 1 has them, word for word: what a gateway of it asks on connections on which it has asked before. */
const OLD = {
  take: `INSERT INTO envelope (seq, direction, source, digest, msg_type, incidents, received_at)
     SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])`,
  trace: `INSERT INTO trace (at, incident, tail, event, fields)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])`,
  rest: 'INSERT INTO trace (at, incident, tail, event, fields) VALUES ($1, $2, $3, $4, $5) RETURNING seq',
  update: 'UPDATE trace SET at = $1, fields = $2 WHERE seq = $3',
  read: 'SELECT at, incident, event, fields FROM trace WHERE tail = $1 ORDER BY at, seq',
  prune: 'DELETE FROM trace WHERE seq <= $1 AND at < $2',
  keys: 'SELECT reserve_keys($1, $2) AS first',
}

let server: PostgresServer
let sql: postgres.Sql
before(async () => {
  server = await startPostgres()
  sql = postgres(server.url, { max: 1, onnotice: () => {}, connection: { search_path: SCHEMA } })
  await sql.unsafe(fixture('postgres-version-1.sql'))
})
after(async () => {
  await sql?.end()
  await server?.[Symbol.asyncDispose]()
})

/** A gateway of version 1 at work: a report after the other, each in a transaction with its trace, until it is told to end. */
async function work(end: AbortSignal): Promise<number> {
  let taken = 0
  for (; !end.aborted || taken < 5; taken += 1) {
    const at = Date.now()
    const text = `old ${taken}`
    await sql.begin(async (tx) => {
      const [key] = await tx.unsafe(OLD.keys, [at * 4096, 1])
      await tx.unsafe(OLD.take, [[key!.first], [0], ['csirt-a'], [sha(text)], ['Report'], ['[]'], [at]])
      const lists = [[at], [`csirt.example ${text}`], ['old'], ['accepted'], [`{"n":${taken}}`]]
      await tx.unsafe(OLD.trace, lists)
    })
    const [row] = await sql.unsafe(OLD.rest, [at, 'csirt.example rest', 'rest', 'refused-more', '{"rows":0}'])
    assert.equal((await sql.unsafe(OLD.update, [at, `{"rows":${taken}}`, row!.seq])).count, 1)
    assert.equal((await sql.unsafe(OLD.read, ['old'])).length, taken + 1)
    await sql.unsafe(OLD.prune, [row!.seq, 1])
    await wait(2)
  }
  return taken
}

test('tables as version 1 left them are brought up to date under a gateway of that version, and all in them is kept', async () => {
  const said = JSON.parse(fixture('postgres-version-1.json')) as Answers
  const tables = await sql.unsafe(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = '${SCHEMA}'::regnamespace AND relkind = 'r'`,
  )
  for (const { name } of tables) {
    const [{ n }] = (await sql.unsafe(`SELECT count(*)::integer AS n FROM ${name}`)) as unknown as [{ n: number }]
    assert.ok(n > 0, `there is a row in ${name}`)
  }
  const clock = createVirtualClock({ start: said.at })
  const end = new AbortController()
  const old = work(end.signal)
  // its statements are prepared
  await wait(200)
  const store = await openGatewayStore({ at: { url: server.url, schema: SCHEMA }, tell: untold, clock })
  try {
    const [{ version }] = (await sql.unsafe('SELECT max(version) AS version FROM migration')) as unknown as [
      { version: number },
    ]
    assert.equal(version, MIGRATIONS.length)
    assert.deepEqual(await told(store, said), said)
    await wait(200)
    end.abort()
    const taken = await old
    const traces = await store.trace('old')
    assert.equal(traces.length, 0, 'nobody asked for that number')
    const [{ n }] = (await sql.unsafe(`SELECT count(*)::integer AS n FROM trace WHERE tail = 'old'`)) as unknown as [
      { n: number },
    ]
    assert.equal(n, taken)
    assert.deepEqual(await told(store, said), said)
    await goOn(store, clock)
  } finally {
    end.abort()
    await old.catch(() => undefined)
    await store[Symbol.asyncDispose]()
  }
})

async function told(store: WholeStore, said: Answers): Promise<Answers> {
  const list = await store.list()
  const all = {
    at: said.at,
    backlog: await store.backlog(),
    deliveries: (await Promise.all(list.map(({ id }) => store.show(id)))).map((one) => one!),
    traces: await Promise.all(said.traces.map(async ([name]) => [name, await store.trace(name)] as const)),
    sources: await Promise.all(said.sources.map(async ([item]) => [item, await store.sourcesOf(item)] as const)),
    cursor: await store.cursor('incident'),
    exchange: await store.exchange('one'),
    records: await store.find({ topics: ['incident'], needed: [['public']], terms: [], limit: 10, most: 100 }),
  }
  return JSON.parse(JSON.stringify(all)) as Answers
}

/** What version 1 was sending is sent again once it is gone, and what is new comes behind what was there. */
async function goOn(store: WholeStore, clock: ReturnType<typeof createVirtualClock>): Promise<void> {
  const last = (await store.list()).at(-1)!.id
  const accepted = await store.accept(envelope(clock, 'new', [delivery('new', { destination: 'incident' })]))
  assert.ok(accepted.outcome === 'accepted' && accepted.deliveries[0]! > last, 'a key behind all others')
  await eventually(
    'what it was sending to be anybody’s',
    async () => (await store.list({ states: ['sending'] })).length === 0,
  )
  await clock.advance(3_600_000)
  const units: Delivery[] = []
  for (;;) {
    const claimed = (await store.claim(request(clock, { limit: 100 }))).flat()
    if (claimed.length === 0) break
    await store.settle(claimed.map(({ id }) => ({ id, to: 'delivered' })))
    units.push(...claimed)
  }
  assert.ok(units.length >= 5, `${units.length} went out`)
  assert.deepEqual(await store.list({ states: ['pending', 'sending'], kind: 'topic', destination: 'incident' }), [])
}

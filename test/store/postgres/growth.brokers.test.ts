import assert from 'node:assert/strict'
import { test } from 'node:test'
import postgres from 'postgres'
import { UNITS_IN_TURN } from '../../../src/store/postgres/candidates.ts'
import { openSessions } from '../../../src/store/postgres/connect.ts'
import { createQueue } from '../../../src/store/postgres/queries.ts'
import type { Rows } from '../../../src/store/postgres/sql.ts'
import { delivery, envelope, request } from '../support.ts'
import { createPostgresBench } from './bench.ts'

/** Parts of a plan, as EXPLAIN has it, with how often each was gone through. */
interface Part {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  /** pages, of all parts below it too */
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly Plans?: readonly Part[]
}

function partsOf(plan: Part): Part[] {
  return [plan, ...(plan.Plans ?? []).flatMap(partsOf)]
}

test('a claim looks at no more origins than it takes units, however many there are', async () => {
  await using bench = await createPostgresBench()
  const { store, clock, schema } = bench
  const origins = Array.from({ length: 300 }, (_, n) => `origin ${String(n).padStart(3, '0')}`)
  await Promise.all(
    ['a', 'b'].flatMap((name) =>
      origins.map((origin) =>
        store.accept(envelope(clock, `${origin} ${name}`, [delivery(`${origin} ${name}`, { origin })])),
      ),
    ),
  )
  await using own = {
    sql: postgres(bench.server.url, { max: 1, connection: { search_path: schema } }),
    [Symbol.asyncDispose]: () => own.sql.end(),
  }
  const [destination] = await own.sql<{ id: string }[]>`SELECT id FROM destination`
  const values = [destination!.id, String(clock.now()), '4', origins[297]!, null]
  const [explained] = await own.sql.unsafe(`EXPLAIN (ANALYZE, FORMAT JSON) ${UNITS_IN_TURN}`, values)
  const plan = (explained!['QUERY PLAN'] as [{ Plan: Part }])[0].Plan
  const skip = partsOf(plan).find((part) => part['Node Type'] === 'Recursive Union')
  assert.equal(skip?.['Actual Rows'], 5, 'where it began, and four')
  assert.equal(plan['Actual Rows'], 4)

  const took: string[] = []
  for (let turn = 0; turn < 6; turn++) {
    const units = await store.claim(request(clock, { limit: 100 }))
    took.push(...units.flat().map(({ incident }) => incident.replace('csirt-a.example ', '')))
  }
  const nth = (name: string) => origins.map((origin) => `${origin} ${name}`)
  assert.deepEqual(took, [...nth('a'), ...nth('b')], 'each in its turn, from one claim to the next')
})

test('nothing that is asked is compiled first, which took seconds where a queue was long', async () => {
  await using bench = await createPostgresBench()
  const { sql } = openSessions({ url: bench.server.url, schema: bench.schema }, { name: 'test', sessions: 1 })
  const [row] = await sql.unsafe<{ jit: string }[]>('SHOW jit')
  await sql.end()
  assert.equal(row?.jit, 'off')
})

test('the oldest of a destination is found at once, however many were delivered before', async () => {
  await using bench = await createPostgresBench()
  await using own = {
    sql: postgres(bench.server.url, { max: 1, connection: { search_path: bench.schema } }),
    [Symbol.asyncDispose]: () => own.sql.end(),
  }
  await own.sql.unsafe(`INSERT INTO envelope VALUES (1, 0, 's', 'd', 'Report', '[]', 0);
    INSERT INTO destination (id, kind, name) OVERRIDING SYSTEM VALUE VALUES (1, 0, 't');
    INSERT INTO delivery (seq, ord, envelope, destination, incident, words, origin, line, item, variant, state, ready, due, created_at, updated_at)
      SELECT n, n, 1, 1, 'i', '{}', 's', n, n, '', CASE WHEN n > 5000 THEN 0 ELSE 2 END, n > 5000, 0, 0, 0 FROM generate_series(1, 6000) n;
    ANALYZE delivery`)
  const oldest = 'SELECT min(seq) FROM delivery WHERE destination = 1 AND state <> 2 AND state = 0'
  const [explained] = await own.sql.unsafe(`EXPLAIN (FORMAT JSON) ${oldest}`)
  const plan = (explained!['QUERY PLAN'] as [{ Plan: Part }])[0].Plan
  const [scan] = partsOf(plan).filter((part) => part['Index Name'] !== undefined)
  assert.equal(scan?.['Index Name'], 'delivery_oldest')
})

test('what is open at a destination is found at once, however much is open elsewhere', async () => {
  await using bench = await createPostgresBench()
  await using own = {
    sql: openSessions({ url: bench.server.url, schema: bench.schema }, { name: 'test', sessions: 1 }).sql,
    [Symbol.asyncDispose]: () => own.sql.end(),
  }
  await own.sql.unsafe(`INSERT INTO envelope VALUES (1, 0, 's', 'd', 'Report', '[]', 0);
    INSERT INTO destination (id, kind, name) OVERRIDING SYSTEM VALUE VALUES (1, 0, 'busy'), (2, 0, 'idle'), (3, 1, 'idle');
    INSERT INTO delivery (seq, ord, envelope, destination, incident, words, origin, line, item, variant, state, ready, due, created_at, updated_at)
      SELECT n, n, 1, CASE WHEN n IN (3, 5) THEN 2 ELSE 1 END, 'i', '{}', 's', n, n, '', 0, true, 0, 0, 0 FROM generate_series(1, 20000) n;
    ANALYZE delivery`)
  let pages = 0
  const db = {
    query: async <Row>(text: string, values: readonly unknown[] = []): Promise<Rows<Row>> => {
      const [explained] = await own.sql.unsafe(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values as never[])
      const { Plan: plan } = (explained!['QUERY PLAN'] as [{ Plan: Part }])[0]
      pages += plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
      return (await own.sql.unsafe(text, values as never[])) as unknown as Rows<Row>
    },
  }
  const open = ['pending', 'sending', 'held', 'withheld'] as const
  const found = await createQueue(db).list({ destination: 'idle', states: open })
  assert.deepEqual(
    found.map(({ id, kind }) => [Number(id), kind]),
    [
      [3, 'topic'],
      [5, 'topic'],
    ],
  )
  assert.ok(pages < 60, `${pages} pages`)
})

import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { systemClock } from '../src/clock.ts'
import { openGatewayStore } from '../src/store/postgres/postgres-store.ts'
import type { WholeStore } from '../src/store/whole-store.ts'
import { delivery, envelope } from '../test/store/support.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { line, percentile } from './figures.ts'
import { fillPostgres } from './fill-postgres.ts'

const ROWS = Number(process.env.ROWS ?? 100_000)
const DAY = 86_400_000
const WEEK = 7 * DAY

/**
 * What is old goes from the store in PostgreSQL while reports are taken in, one every 20 ms: how long it takes, what is written to the log
 * for it, how long a report waits at most, what is left to be cleaned up. The trace as a week of it goes, and row by row, as before there
 * were weeks; documents and records always go so.
 */
export async function benchPrune(): Promise<void> {
  await using server = await startPostgres({
    settings: ['shared_buffers = 256MB', 'max_wal_size = 4GB', 'autovacuum = off'],
  })
  await using stack = new AsyncDisposableStack()
  const sql = postgres(server.url, { max: 1, onnotice: () => {}, connection: { search_path: 'bench' } })
  stack.defer(() => sql.end())
  await using store = await openGatewayStore({
    at: { url: server.url, schema: 'bench' },
    clock: systemClock,
    tell: () => {},
  })
  const log = async () => Number((await sql`SELECT (pg_current_wal_insert_lsn() - '0/0')::text AS n`)[0]!.n)
  const size = async (tables: string) =>
    Number(
      (
        await sql.unsafe(`SELECT sum(pg_total_relation_size(c))::text AS n FROM unnest('{${tables}}'::regclass[]) c`)
      )[0]!.n,
    )

  async function measure(what: string, tables: string, work: () => Promise<number>): Promise<void> {
    await sql`CHECKPOINT`
    const [began, from] = [performance.now(), await log()]
    const over = new AbortController()
    const waits = takeIn(store, over.signal)
    const rows = await work()
    over.abort()
    const ms = performance.now() - began
    const kib = ((await log()) - from) / 1024
    const times = await waits
    const left = tables === '' ? '' : `, ${Math.round((await size(tables)) / 1024 / 1024)} MiB left`
    line(
      `${what}: ${rows.toLocaleString('en')} rows`,
      `${Math.round(ms)} ms, ${Math.round(kib / 1024)} MiB of log, a report p50 ${Math.round(percentile(times, 0.5))} ms, at most ${Math.round(Math.max(...times))}${left}`,
    )
  }

  await measure('nothing to prune', '', async () => sleep(10_000, 0))
  const now = Date.now()
  const fillTrace = (at: number) =>
    sql.unsafe(`INSERT INTO trace (at, incident, tail, event, fields)
    SELECT ${at} + n % 1000, 'csirt-a.example.org ' || md5(n || ''), md5(n || ''), 'accepted',
      '{"message":"0f8fad5b-d9cb-469f-a165-70867728950e","source":"csirt-1","msgType":"Report","deliveries":1}'
    FROM generate_series(1, ${ROWS}) n`)
  await fillTrace(now - 410 * DAY)
  const all = async (at: number) => {
    let gone = 0
    for (let last = -1; last !== 0; gone += last) last = await store.prune(at, 500)
    return gone
  }
  await measure('trace, row by row', 'trace_before', () => all(now))
  const later = Math.floor(now / WEEK) * WEEK + 20 * WEEK
  await sql`SELECT make_trace_week(${later})`
  await fillTrace(later)
  await measure('trace, a week of it', '', async () => {
    let gone = 0
    for (;;) {
      const [row] = await sql<{ gone: number | null }[]>`SELECT drop_trace_week(${later + WEEK})::integer AS gone`
      if (row?.gone === null || row === undefined) return gone
      gone += row.gone
    }
  })
  await fillPostgres(server.url, 'bench', { rows: ROWS, deliveredAt: now - 40 * DAY, size: 6_000 })
  await measure('documents delivered 30 days ago', 'payload,body', () => all(now))
}

/** ms of each, until it is over. */
async function takeIn(store: WholeStore, over: AbortSignal): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; !over.aborted; n += 1) {
    const began = performance.now()
    const name = `${began} ${n}`
    const event = { at: Date.now(), incident: `x ${name}`, event: 'accepted', fields: {} }
    await store.accept(envelope(systemClock, name, [delivery(name, { payload: 'x'.repeat(6_000) })]), [event])
    times.push(performance.now() - began)
    await sleep(20)
  }
  return times
}

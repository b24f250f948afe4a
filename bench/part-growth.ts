import { systemClock } from '../src/clock.ts'
import { openGatewayStore } from '../src/store/postgres/postgres-store.ts'
import type { WholeStore } from '../src/store/whole-store.ts'
import { delivery, envelope, request } from '../test/store/support.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { line, median } from './figures.ts'
import { fillPostgres } from './fill-postgres.ts'

/** Messages that are there, all of them pending: `ROWS=1000,100000,1000000` for more. */
const SIZES = (process.env.ROWS ?? '1000,100000').split(',').map(Number)
/** names of destinations and of origins */
const NAMES = (process.env.NAMES ?? '1').split(',').map(Number)
const ROUNDS = 15

let count = 0

/** The store in PostgreSQL by how many messages wait in it, or were delivered, how many destinations it has and how many they came from: ms by the clock, the middle of some. */
export async function benchGrowth(): Promise<void> {
  for (const names of NAMES) for (const rows of SIZES) await measure(rows, names, false)
  for (const rows of SIZES) await measure(rows, 1, true)
}

async function measure(rows: number, names: number, isPast: boolean): Promise<void> {
  await using server = await startPostgres({ settings: ['shared_buffers = 256MB', 'max_wal_size = 4GB'] })
  const at = { url: server.url, schema: 'bench' }
  const open = () => openGatewayStore({ at, clock: systemClock, tell: () => {} })
  await (await open())[Symbol.asyncDispose]()
  // all origins at the first destination, and as many destinations beside it
  const origins = Math.max(7, names)
  await fillPostgres(server.url, 'bench', { rows, origins, ...(isPast && { deliveredAt: Date.now() - 86_400_000 }) })
  if (isPast) await fillPostgres(server.url, 'bench', { rows: Math.max(1000, rows / 100), origins })
  if (names > 1) await fillPostgres(server.url, 'bench', { rows: Math.min(rows, 4 * names), destinations: names })
  await using store = await open()
  line(
    `${rows.toLocaleString('en')} ${isPast ? 'delivered, one in 100 behind them pending' : `pending, ${names} destinations and origins`}`,
    'ms',
  )
  for (const [what, work] of Object.entries(WORKS)) {
    const times: number[] = []
    await work(store)
    for (let round = 0; round < ROUNDS; round += 1) {
      const began = performance.now()
      await work(store)
      times.push(performance.now() - began)
    }
    line(`  ${what}`, median(times).toFixed(1))
  }
}

const WORKS: Readonly<Record<string, (store: WholeStore) => Promise<unknown>>> = {
  'accept, 64 to a commit': (store) => Promise.all(Array.from({ length: 64 }, () => take(store))),
  'claim of 64, and settled': async (store) => {
    const units = (await store.claim(request(systemClock, { limit: 64 }))).flat()
    await store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
  },
  'trace of an incident': async (store) => {
    if ((await store.trace(nameOf(count - 1))).length === 0) throw new Error('no trace')
  },
  'trace read on': (store) => store.traced(['requeued'], 1_000_000),
  'list with a limit of 50': (store) => store.list({ limit: 50 }),
  'list of held ones, limit 50': (store) => store.list({ states: ['held'], limit: 50 }),
  'list by incident': (store) => store.list({ incident: nameOf(count - 1) }),
  'waiting, of one origin': (store) => store.unsettled('topic', 'incident', 'csirt-1'),
  backlog: (store) => store.backlog(),
  'counted, as by queue stats': (store) =>
    store.tally({ states: ['pending', 'sending', 'held', 'withheld'] }, [], 20_000),
  'prune, nothing old': (store) => store.prune(Date.now(), 1),
}

function nameOf(n: number): string {
  return `csirt-${n % 7}.example.org fresh-${n}`
}

function take(store: WholeStore): Promise<unknown> {
  const n = count++
  const incident = nameOf(n)
  const row = delivery(`fresh ${n}`, { incident, payload: 'x'.repeat(6_000) })
  const trace = [{ at: Date.now(), incident, event: 'accepted', fields: { message: `${n}`, source: 'csirt-a' } }]
  return store.accept(envelope(systemClock, `fresh ${n}`, [row]), trace)
}

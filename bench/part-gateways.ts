import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../src/clock.ts'
import { openBeside } from '../src/store/postgres/postgres-store.ts'
import { openQueue } from '../src/store/sqlite/sqlite-store.ts'
import type { WholeStore } from '../src/store/whole-store.ts'
import { untold } from '../src/tell.ts'
import type { GatewayProcess } from '../test/support/command.ts'
import { createWorld, members, type World } from '../test/support/e2e.ts'
import { type PostgresServer, startPostgres } from '../test/support/postgres.ts'
import { startPostgresPair } from '../test/support/postgres-standby.ts'
import type { Site } from '../test/support/site.ts'
import { report } from './documents.ts'
import { line } from './figures.ts'
import { createPoster } from './post.ts'
import { cpuOf, cpuOfChildren } from './process-cost.ts'
import { COUNTING, countStatements } from './statements.ts'

/** that each gateway takes in, so that all are of one age: the first thousands cost a process more */
const EACH = Number(process.env.EACH ?? 1500)
/** and before */
const WARM = Number(process.env.WARM ?? 600)
/** ms that they do nothing */
const REST = 6_000
/** that post at a time, shared by the gateways: the load of all is the same, however many there are */
const SENDERS = Number(process.env.SENDERS ?? 16)
/** gateways of a round: each comes as often before as behind another */
const ORDER = (process.env.GATEWAYS ?? '1,2,3,3,2,1').split(',').map(Number)

/** `STATEMENTS=1`: what the server is asked, too */
const IS_COUNTING = process.env.STATEMENTS !== undefined

/** Of one report: us of CPU, commits, KiB of the database's log; and how many a second. */
interface Cost {
  readonly rate: number
  readonly gateways: number
  readonly server: number
  readonly commits: number
  readonly log: number
}

interface Round {
  /** ms of CPU in a second: of all gateways, and of the server */
  readonly resting: readonly [number, number]
  readonly accepting: Cost
  readonly publishing: Cost
}

/**
 * Gateways as processes on one PostgreSQL, senders with mutual TLS at each, one Topic at a real Broker: reports taken in while the Topic is
 * paused, then published when it goes on. What one costs all gateways together, and the database, by how many gateways there are; beside
 * it one gateway with SQLite.
 */
export async function benchGateways(): Promise<void> {
  await using world = await createWorld('prosody', { durable: false })
  line(`${EACH} reports at each gateway, of ${report('0').length} bytes, ${SENDERS} senders`, HEAD)
  if (process.env.STANDBY !== 'only') {
    const alone = process.env.SQLITE === 'none' ? [] : [1, 1]
    await measure('SQLite', alone, (_, n) => roundOnSqlite(world, n))
    await using server = await startPostgres({ settings: ['shared_buffers = 128MB', ...(IS_COUNTING ? COUNTING : [])] })
    await measure('PostgreSQL', ORDER, (gateways, n) => roundOnPostgres(world, server, server.url, gateways, n))
    await told(server)
  }
  if (process.env.STANDBY === 'none') return
  await using pair = await startPostgresPair()
  await measure('with a standby', ORDER, (gateways, n) =>
    roundOnPostgres(world, pair.first, pair.url, gateways, 100 + n),
  )
}

const HEAD = '      /s  us: gateways  PostgreSQL  commits  KiB of log'

async function measure(
  name: string,
  order: readonly number[],
  round: (gateways: number, n: number) => Promise<Round>,
): Promise<void> {
  const found = new Map<number, Round[]>()
  for (const [n, gateways] of order.entries()) {
    const costs = await round(gateways, n)
    found.set(gateways, [...(found.get(gateways) ?? []), costs])
  }
  for (const [gateways, rounds] of [...found].toSorted(([a], [b]) => a - b)) {
    for (const { resting } of rounds) {
      line(`${name}, ${gateways} gateways, at rest`, `${resting.map((ms) => ms.toFixed(1)).join(' and ')} ms a second`)
    }
    for (const phase of ['accepting', 'publishing'] as const) {
      for (const one of rounds) line(`${name}, ${gateways} gateways, ${phase}`, shown(one[phase]))
    }
  }
}

function shown({ rate, gateways, server, commits, log }: Cost): string {
  const whole = (value: number, width: number) => Math.round(value).toLocaleString('en').padStart(width)
  return `${whole(rate, 8)}${whole(gateways, 14)}${whole(server, 12)}${commits.toFixed(2).padStart(9)}${log.toFixed(1).padStart(12)}`
}

async function siteOf(world: World, resource: string, store: object): Promise<Site> {
  const site = await world.site({
    grid: { resource },
    delivery: { maxQueue: 1_000_000 },
    topics: [{ name: 'incident', create: true, members: members(world.broker.domain) }],
    level: 'info',
  })
  await site.config({ store })
  return site
}

async function roundOnSqlite(world: World, n: number): Promise<Round> {
  const site = await siteOf(world, 'sqlite', { path: './data/gateway.db' })
  await mkdir(dirname(site.store), { recursive: true })
  const open = () => openQueue({ path: site.store, clock: systemClock, tell: untold })
  const costs = await carryOut([site], open, `sqlite-${n}`, async () => ({ cpu: 0, commits: 0, log: 0 }))
  return costs
}

async function roundOnPostgres(
  world: World,
  server: PostgresServer,
  url: string,
  gateways: number,
  n: number,
): Promise<Round> {
  const schema = `round_${n}`
  const sites: Site[] = []
  for (let i = 0; i < gateways; i += 1) sites.push(await siteOf(world, `g${i}`, { postgres: url, schema }))
  const open = () => openBeside({ at: { url: server.url, schema }, clock: systemClock, tell: untold })
  const counted = async () => {
    const [commits, log] = (
      await server.psql(
        `SELECT xact_commit || ' ' || (pg_current_wal_insert_lsn() - '0/0') FROM pg_stat_database WHERE datname = 'gw'`,
      )
    )
      .split(' ')
      .map(Number)
    return { cpu: await cpuOfChildren(server.pid), commits: commits ?? 0, log: log ?? 0 }
  }
  return carryOut(sites, open, schema, counted, IS_COUNTING ? countStatements(server) : undefined)
}

interface ServerCounts {
  readonly cpu: number
  readonly commits: number
  readonly log: number
}

async function carryOut(
  sites: readonly Site[],
  open: () => Promise<WholeStore>,
  name: string,
  counted: () => Promise<ServerCounts>,
  statements?: ReturnType<typeof countStatements>,
): Promise<Round> {
  await using stack = new AsyncDisposableStack()
  const running: GatewayProcess[] = []
  for (const site of sites) running.push(stack.use(await site.spawn()))
  for (const site of sites) await site.ready()
  const store = stack.use(await open())
  const posters: ReturnType<typeof createPoster>[] = []
  for (const site of sites) {
    const certificate = await site.certificate('csirt-a')
    posters.push(stack.use(createPoster(site.ridPort, site.ca.cert, certificate, Math.round(SENDERS / sites.length))))
  }
  const post = (what: string, each: number) =>
    Promise.all(posters.map((poster, i) => poster.post(each, (k) => report(`${name} ${what} ${i} ${k}`))))
  const measured = EACH * sites.length
  const cpu = async () => {
    const each = await Promise.all(running.map(({ pid }) => cpuOf(pid)))
    return [each.reduce((sum, us) => sum + us, 0), (await counted()).cpu] as const
  }
  const cost = async (work: () => Promise<unknown>, each = measured): Promise<Cost> => {
    const now = async () => {
      const each = await Promise.all(running.map(({ pid }) => cpuOf(pid)))
      return { ours: each.reduce((sum, us) => sum + us, 0), at: performance.now(), ...(await counted()) }
    }
    const before = await now()
    await work()
    const after = await now()
    return {
      rate: (each / (after.at - before.at)) * 1000,
      gateways: (after.ours - before.ours) / each,
      server: (after.cpu - before.cpu) / each,
      commits: (after.commits - before.commits) / each,
      log: (after.log - before.log) / 1024 / each,
    }
  }
  await store.pause('topic', 'incident', { since: Date.now(), by: 'bench' })
  await post('warm', WARM)
  const before = await cpu()
  await sleep(REST)
  const [ours, theirs] = await cpu()
  const resting = [(ours - before[0]) / REST, (theirs - before[1]) / REST] as const
  await statements?.begin()
  const accepting = await cost(() => post('measured', EACH))
  await statements?.tell(`${name} accepting`, measured)
  await store.resume('topic', 'incident')
  // those before get it warm
  const left = await until(store, measured)
  await statements?.begin()
  const publishing = await cost(() => until(store, 0), left)
  await statements?.tell(`${name} publishing`, left)
  return { resting, accepting, publishing }
}

/** Resolves when no more wait for the Topic, or are on their way, with how many there are. */
async function until(store: WholeStore, most: number): Promise<number> {
  for (;;) {
    const waiting = await store.unsettled('topic', 'incident')
    if (waiting <= most) return waiting
    await sleep(100)
  }
}

/** What the last round, of one gateway, left behind. */
async function told(server: PostgresServer): Promise<void> {
  const schema = `round_${ORDER.length - 1}`
  const of = EACH + WARM
  const [bytes, rows] = (
    await server.psql(
      `SELECT sum(pg_total_relation_size(relid)) || ' ' || sum(n_tup_ins) FROM pg_stat_user_tables WHERE schemaname = '${schema}'`,
    )
  ).split(' ')
  line(
    'kept of a report',
    `${(Number(rows) / of).toFixed(1)} rows, ${Math.round(Number(bytes) / of).toLocaleString('en')} bytes with indexes`,
  )
}

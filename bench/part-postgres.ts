import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { openGatewayStore as openOnPostgres } from '../src/store/postgres/postgres-store.ts'
import { openGatewayStore } from '../src/store/sqlite/sqlite-store.ts'
import type { WholeStore } from '../src/store/whole-store.ts'
import { delivery, envelope, request } from '../test/store/support.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { line } from './figures.ts'
import { cpuOfChildren } from './process-cost.ts'

const EACH = Number(process.env.EACH ?? 1000)
/** what a report of 6.5 KB comes out as */
const payload = 'x'.repeat(6_000)

/** A store, how often it committed, and the CPU that its server has had, in ms. */
interface Measured {
  readonly store: WholeStore
  commits(): number
  serverCpu(): Promise<number>
}

/**
 * The store in PostgreSQL beside that in SQLite: reports taken in by so many senders at a time, and claimed and settled, so many at once. CPU of
 * this process and of the server's, for a message; messages a second, and to a commit.
 */
export async function benchPostgres(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-postgres-'))
  await using server = await startPostgres()
  try {
    await measure('SQLite', (tell) =>
      openGatewayStore({ path: join(directory, 'gateway.db'), clock: systemClock, tell }),
    )
    const at = { url: server.url, schema: 'bench' }
    await measure('PostgreSQL', (tell) => openOnPostgres({ at, clock: systemClock, tell }), server.pid)
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function measure(name: string, open: (tell: () => void) => Promise<WholeStore>, server?: number): Promise<void> {
  let commits = 0
  await using store = await open(() => {
    commits += 1
  })
  const serverCpu = async () => (server === undefined ? 0 : (await cpuOfChildren(server)) / 1000)
  const measured: Measured = { store, commits: () => commits, serverCpu }
  let count = 0
  const acceptOne = () => store.accept(envelope(systemClock, `${++count}`, [delivery(`${count}`, { payload })]))
  const warm = async () => {
    for (let n = 0; n < 50; n++) await acceptOne()
  }
  await warm()
  for (const together of [1, 8, 64]) {
    await costOf(`${name}: accept, ${together} senders`, EACH, measured, () => atOnce(EACH, together, acceptOne))
  }
  for (const together of [1, 8, 64]) {
    await costOf(`${name}: claim and settle, ${together} at once`, EACH, measured, () =>
      carryOut(store, EACH, together),
    )
  }
}

async function atOnce(times: number, together: number, work: () => Promise<unknown>): Promise<void> {
  let left = times
  const one = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: together }, one))
}

async function carryOut(store: WholeStore, times: number, together: number): Promise<void> {
  for (let left = times; left > 0; ) {
    const units = (await store.claim(request(systemClock, { limit: Math.min(left, together) }))).flat()
    if (units.length === 0) throw new Error('there is nothing left to claim')
    await store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
    left -= units.length
  }
}

async function costOf(what: string, times: number, one: Measured, work: () => Promise<void>): Promise<void> {
  const before = {
    commits: one.commits(),
    cpu: process.cpuUsage(),
    server: await one.serverCpu(),
    at: performance.now(),
  }
  await work()
  const seconds = (performance.now() - before.at) / 1000
  const { user, system } = process.cpuUsage(before.cpu)
  const ours = (user + system) / 1000 / times
  const theirs = ((await one.serverCpu()) - before.server) / times
  const commits = one.commits() - before.commits
  line(
    what,
    `${Math.round(times / seconds)}/s, ${ours.toFixed(2)} ms CPU here, ${theirs.toFixed(2)} at the server, ${(times / commits).toFixed(1)} to a commit`,
  )
}

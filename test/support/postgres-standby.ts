import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, ServerProcess } from './brokers.ts'
import { eventually } from './eventually.ts'
import { BIN, ownerOf, type PostgresServer, psqlAt, startPostgres } from './postgres.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** One of the two, whichever it is now. */
interface Server extends AsyncDisposable {
  readonly port: number
  /** SIGKILL: as a crash of its machine leaves it. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** A PostgreSQL and its synchronous standby: what is committed is on both. */
export interface PostgresPair extends AsyncDisposable {
  /** both, in an order that stays */
  readonly ports: readonly [number, number]
  /** postgres://gw@127.0.0.1:PORT,127.0.0.1:PORT/gw */
  readonly url: string
  /** the primary until one is promoted */
  readonly first: PostgresServer
  readonly primary: Server
  readonly standby: Server
  /** through which the standby reads from the primary */
  readonly line: TcpProxy
  /** One statement by psql at the primary. */
  psql(statement: string): Promise<string>
  /** The standby is the primary, and has none itself; resolves when it takes writes. */
  promote(): Promise<void>
  /** A new standby in the place of the primary that died; resolves when it is synchronous. */
  rejoin(): Promise<void>
}

/** s; the server's own minute would pass before one end of a line that is dead and says nothing begins another */
const SILENT = 5
const SETTINGS = ['wal_sender_timeout', 'wal_receiver_timeout'].map((name) => `${name} = ${SILENT}s`)

export async function startPostgresPair(): Promise<PostgresPair> {
  await using opened = new AsyncDisposableStack()
  const first = opened.use(await startPostgres({ settings: SETTINGS }))
  const firstLine = opened.use(await startTcpProxy(first.port))
  const port = await freePort()
  const secondLine = opened.use(await startTcpProxy(port))
  const ports = [first.port, port] as const
  let primary: Server = first
  let lineToPrimary = firstLine
  const psql = (statement: string) => psqlAt(primary.port, statement)
  let standby: Server = opened.use(await follow(first.port, firstLine.port, port))
  await demand()

  /** Behind the copy, which must not wait for a standby once it is the primary. */
  async function demand(): Promise<void> {
    await psql(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`)
    await psql('SELECT pg_reload_conf()')
    const state = () => psql('SELECT sync_state FROM pg_stat_replication')
    await eventually('the standby to be synchronous', async () => (await state()) === 'sync', { ms: 60_000 })
  }

  const all = opened.move()
  return {
    ports,
    url: `postgres://gw@127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}/gw`,
    first,
    get primary() {
      return primary
    },
    get standby() {
      return standby
    },
    get line() {
      return lineToPrimary
    },
    psql,
    async promote() {
      await psqlAt(standby.port, 'SELECT pg_promote()')
      const dead = primary
      primary = standby
      standby = dead
      lineToPrimary = lineToPrimary === firstLine ? secondLine : firstLine
    },
    async rejoin() {
      await standby[Symbol.asyncDispose]()
      standby = all.use(await follow(primary.port, lineToPrimary.port, standby.port))
      await demand()
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A standby of the one at `from`, of which it reads through the port `line`. */
async function follow(from: number, line: number, port: number): Promise<Server> {
  await using opened = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'postgres-'))
  opened.defer(() => rm(dir, { recursive: true, force: true }))
  const { ids, as } = await ownerOf(dir)
  const data = join(dir, 'data')
  const source = (at: number) => `host=127.0.0.1 port=${at} user=gw application_name=standby`
  await as(`${BIN}pg_basebackup`, ['-d', source(from), '-D', data, '-X', 'stream', '-c', 'fast', '--no-sync'])
  await as('touch', [join(data, 'standby.signal')])
  const own = [`port=${port}`, `unix_socket_directories=${dir}`, `primary_conninfo=${source(line)}`]
  const args = ['-D', data, ...own.flatMap((setting) => ['-c', setting])]
  const server = new ServerProcess(`${BIN}postgres`, args, {}, dir, ids)
  opened.defer(() => server.end('SIGKILL'))
  const start = () => server.start(port)
  await start()
  const all = opened.move()
  return {
    port,
    start,
    kill: () => server.end('SIGKILL'),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

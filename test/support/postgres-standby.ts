import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, ServerProcess } from './brokers.ts'
import { eventually } from './eventually.ts'
import { BIN, ownerOf, type PostgresServer, psqlAt, startPostgres } from './postgres.ts'

/** A PostgreSQL and its synchronous standby: what is committed is on both. */
export interface PostgresPair extends AsyncDisposable {
  readonly primary: PostgresServer
  /** postgres://gw@127.0.0.1:PORT,127.0.0.1:PORT/gw */
  readonly url: string
  /** The standby is the primary, and has none itself; resolves when it takes writes. */
  promote(): Promise<void>
}

export async function startPostgresPair(): Promise<PostgresPair> {
  await using opened = new AsyncDisposableStack()
  const primary = opened.use(await startPostgres())
  const dir = await mkdtemp(join(tmpdir(), 'postgres-'))
  opened.defer(() => rm(dir, { recursive: true, force: true }))
  const { ids, as } = await ownerOf(dir)
  const data = join(dir, 'data')
  const port = await freePort()
  const source = `host=127.0.0.1 port=${primary.port} user=gw application_name=standby`
  await as(`${BIN}pg_basebackup`, ['-d', source, '-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'])
  const own = ['-c', `port=${port}`, '-c', `unix_socket_directories=${dir}`]
  const server = new ServerProcess(`${BIN}postgres`, ['-D', data, ...own], {}, dir, ids)
  opened.defer(() => server.end('SIGKILL'))
  await server.start(port)
  // behind the copy, which must not wait for a standby once it is the primary
  await primary.psql(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`)
  await primary.psql('SELECT pg_reload_conf()')
  const state = () => primary.psql('SELECT sync_state FROM pg_stat_replication')
  await eventually('the standby to be synchronous', async () => (await state()) === 'sync', { ms: 60_000 })
  const all = opened.move()
  return {
    primary,
    url: `postgres://gw@127.0.0.1:${primary.port},127.0.0.1:${port}/gw`,
    async promote() {
      await psqlAt(port, 'SELECT pg_promote()')
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

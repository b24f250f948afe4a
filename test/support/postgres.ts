import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec, freePort, ServerProcess } from './brokers.ts'
import type { Certificate } from './pki.ts'

/** A PostgreSQL of its own, on loopback, in a temporary folder; gone with the test, however that ends. */
export interface PostgresServer extends AsyncDisposable {
  /** postgres://gw@127.0.0.1:PORT/gw */
  readonly url: string
  readonly port: number
  readonly dir: string
  /** of the process that all others of the server are children of */
  readonly pid: number
  /** Ends it gently, and starts it again on the same port and data. */
  stop(): Promise<void>
  start(): Promise<void>
  /** SIGKILL: as a crash of its machine leaves it. */
  kill(): Promise<void>
  /** One statement by psql, as its owner: what it prints, unaligned. */
  psql(statement: string): Promise<string>
  log(): Promise<string>
}

export interface PostgresOptions {
  /** lines of postgresql.conf behind ours */
  readonly settings?: readonly string[]
  /** it speaks TLS, and asks for certificates of `ca` from those that `hba` has show one */
  readonly tls?: { readonly certificate: Certificate; readonly ca: string }
  /** lines of pg_hba.conf before those that trust everybody on this machine */
  readonly hba?: readonly string[]
}

/** Debian's are in no PATH; elsewhere they are. */
export const BIN = existsSync('/usr/lib/postgresql/15/bin') ? '/usr/lib/postgresql/15/bin/' : ''

/** Small, since many run beside each other; what is committed is forced to disk as ever. */
function settings(port: number, dir: string): string[] {
  return [
    `port = ${port}`,
    `listen_addresses = '127.0.0.1'`,
    `unix_socket_directories = '${dir}'`,
    'shared_buffers = 32MB',
    'max_connections = 60',
    // in a container or a changed root, its user may have no /dev/shm
    'dynamic_shared_memory_type = mmap',
    'max_worker_processes = 4',
    'autovacuum_naptime = 10s',
    'log_min_messages = warning',
    'fsync = on',
  ]
}

const TLS = ['ssl = on', `ssl_cert_file = 'server.pem'`, `ssl_key_file = 'server.key'`, `ssl_ca_file = 'ca.pem'`]

/** It refuses a key that others may read. */
async function copyFor(ids: { uid: number; gid: number } | undefined, from: string, to: string): Promise<void> {
  await writeFile(to, await readFile(from), { mode: 0o600 })
  if (ids !== undefined) await chown(to, ids.uid, ids.gid)
}

async function prepend(file: string, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await writeFile(file, `${lines.join('\n')}\n${await readFile(file, 'utf8')}`)
}

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const dir = await mkdtemp(join(tmpdir(), 'postgres-'))
  const data = join(dir, 'data')
  const port = await freePort()
  const { ids, as } = await ownerOf(dir)
  await as(`${BIN}initdb`, ['-D', data, '-A', 'trust', '-U', 'gw', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'])
  const { tls, hba = [] } = options
  if (tls !== undefined) {
    const files = { 'server.pem': tls.certificate.cert, 'server.key': tls.certificate.key, 'ca.pem': tls.ca }
    for (const [name, file] of Object.entries(files)) await copyFor(ids, file, join(data, name))
  }
  const lines = [...settings(port, dir), ...(tls === undefined ? [] : TLS), ...(options.settings ?? [])]
  await writeFile(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`)
  await prepend(join(data, 'pg_hba.conf'), hba)
  const server = new ServerProcess(`${BIN}postgres`, ['-D', data], {}, dir, ids)
  const psql = (statement: string, database?: string) => psqlAt(port, statement, database)
  const start = async () => {
    await server.start(port)
    // it listens before it answers
    for (let tries = 0; ; tries++) {
      try {
        await psql('SELECT 1', 'postgres')
        return
      } catch (error) {
        if (tries > 100) throw error
      }
    }
  }
  await start()
  await psql('CREATE DATABASE gw', 'postgres')
  return {
    url: `postgres://gw@127.0.0.1:${port}/gw`,
    port,
    dir,
    get pid() {
      return server.pid
    },
    start,
    // fast: sessions are ended, and all is written
    stop: () => server.end('SIGINT'),
    kill: () => server.end('SIGKILL'),
    psql,
    log: () => readFile(join(dir, 'log'), 'utf8').catch(() => server.output),
    async [Symbol.asyncDispose]() {
      await server.end('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** One statement by psql, as the owner of `gw`: what it prints, unaligned. */
export async function psqlAt(port: number, statement: string, database = 'gw'): Promise<string> {
  const args = ['-X', '-A', '-t', '-h', '127.0.0.1', '-p', `${port}`, '-U', 'gw', '-d', database, '-c', statement]
  return (await exec(`${BIN}psql`, args)).stdout.trim()
}

/** The programs refuse to be root's: whose `dir` then is, and how they are run. */
export async function ownerOf(dir: string) {
  const ids = process.getuid?.() === 0 ? await idsOf('postgres') : undefined
  await chmod(dir, 0o755)
  if (ids !== undefined) await chown(dir, ids.uid, ids.gid)
  const as = (program: string, args: readonly string[]) =>
    ids === undefined
      ? exec(program, args)
      : exec('setpriv', ['--reuid', `${ids.uid}`, '--regid', `${ids.gid}`, '--clear-groups', program, ...args])
  return { ids, as }
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const id = async (flag: string) => Number((await exec('id', [flag, user])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

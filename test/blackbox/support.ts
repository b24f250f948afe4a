import { execFile, spawn } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Broker, freePort } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { type Authority, type Certificate, createPki, type Pki } from '../support/pki.ts'
import { startProsody } from '../support/prosody.ts'
import { createRidClient, type RidClient } from '../support/rid-client.ts'

// Nothing here or in the tests beside it imports from src/: what is driven is the command, the socket and the grid.

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOT, 'bin', 'iodef-gateway')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** One command of the gateway to its end. `input` is its standard input. */
export function run(
  args: readonly string[],
  options: { input?: string | Buffer; env?: Record<string, string>; cwd?: string; ms?: number } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      BIN,
      [...args],
      {
        timeout: options.ms ?? 60_000,
        killSignal: 'SIGKILL',
        maxBuffer: 64 << 20,
        cwd: options.cwd ?? tmpdir(),
        env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...options.env },
      },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
    child.on('error', reject)
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}

/** A running `start`, its log lines as they came, and its end. */
export interface Running extends AsyncDisposable {
  readonly pid: number
  readonly out: string[]
  readonly err: string[]
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  signal(name: NodeJS.Signals): void
  /** the log, each line parsed; throws where a line is not JSON */
  log(): Record<string, unknown>[]
}

export function start(config: string, env: Record<string, string> = {}): Running {
  const child = spawn(BIN, ['start', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    cwd: tmpdir(),
  })
  const out: string[] = []
  const err: string[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString('utf8')))
  let over = false
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => {
      over = true
      resolve({ code, signal })
    }),
  )
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)
  return {
    pid: child.pid ?? 0,
    out,
    err,
    ended,
    signal: (name) => void child.kill(name),
    log: () =>
      out
        .join('')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async [Symbol.asyncDispose]() {
      process.removeListener('exit', onExit)
      if (!over) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Certificates, directories and configuration of one site; with `grid`, a Prosody of its own. */
export interface Site extends AsyncDisposable {
  readonly dir: string
  readonly pki: Pki
  readonly ca: Authority
  readonly server: Certificate
  readonly ridPort: number
  readonly opsPort: number
  readonly broker: Broker | undefined
  /** a client certificate of the peers' CA with this DNS name; the same for the same name */
  certificate(dns: string): Promise<Certificate>
  client(dns: string): Promise<RidClient>
  /** writes gateway.yaml, the base with these sections in place, and gives its path */
  config(sections?: Record<string, unknown>, name?: string): Promise<string>
  base(): Record<string, unknown>
  ready(): Promise<{ status: number; body: Ready }>
  untilReady(): Promise<void>
}

interface Ready {
  readonly ready: boolean
  readonly parts: Record<string, { state: string; since: string; reason: string }>
}

export async function createSite({ grid = false, users = {} as Record<string, string> } = {}): Promise<Site> {
  const dir = await mkdtemp(join(tmpdir(), 'blackbox-'))
  const pki = await createPki()
  const ca = await pki.ca('peers')
  const certificates = new Map<string, Promise<Certificate>>()
  const certificate = (dns: string) => {
    const known = certificates.get(dns) ?? ca.issue({ cn: dns, dns: [dns] })
    certificates.set(dns, known)
    return known
  }
  const server = await ca.issue({ cn: 'gateway.example', dns: ['gateway.example', 'localhost'], ip: ['127.0.0.1'] })
  const [ridPort, opsPort, deadPort] = [await freePort(), await freePort(), await freePort()]
  const broker = grid ? await startProsody({ pki, users: { gateway: 'gateway-secret', ...users } }) : undefined
  const gridCa = await pki.ca('grid')
  // relative paths, as an operator has them beside the file
  await copyFile(server.cert, join(dir, 'rid.pem'))
  await copyFile(server.key, join(dir, 'rid.key'))
  await copyFile(ca.cert, join(dir, 'peers-ca.pem'))
  await copyFile(gridCa.cert, join(dir, 'grid-ca.pem'))
  await writeFile(join(dir, 'gateway.password'), 'gateway-secret\n', { mode: 0o600 })

  const site: Site = {
    dir,
    pki,
    ca,
    server,
    ridPort,
    opsPort,
    broker,
    certificate,
    async client(dns) {
      const { cert, key } = await certificate(dns)
      return createRidClient(ridPort, { ca: ca.cert, cert, key })
    },
    base: () => ({
      rid: {
        host: '127.0.0.1',
        port: ridPort,
        name: 'gateway.example',
        tls: { cert: 'rid.pem', key: 'rid.key', ca: 'peers-ca.pem' },
      },
      peers: [{ name: 'csirt-a', identity: { dns: 'csirt-a.example' }, publish: ['incident'] }],
      grid: {
        service: broker?.service ?? `xmpp://127.0.0.1:${deadPort}`,
        jid: 'gateway@grid.example',
        auth: { password: { file: 'gateway.password' } },
        tls: { ca: 'grid-ca.pem' },
        broker: 'pubsub.grid.example',
        topics: [{ name: 'incident', create: true, members: ['subscriber@grid.example'] }],
      },
      routes: [{ topic: 'incident' }],
      store: { path: './data/gateway.db' },
      ops: { host: '127.0.0.1', port: opsPort },
      log: { level: 'info' },
    }),
    async config(sections = {}, name = 'gateway.yaml') {
      const path = join(dir, name)
      await writeFile(path, JSON.stringify({ ...site.base(), ...sections }, null, 1))
      return path
    },
    async ready() {
      const response = await fetch(`http://127.0.0.1:${opsPort}/ready`)
      return { status: response.status, body: (await response.json()) as Ready }
    },
    untilReady: () =>
      eventually('the gateway to be ready', async () => {
        try {
          return (await site.ready()).status === 200
        } catch {
          return false
        }
      }),
    async [Symbol.asyncDispose]() {
      await broker?.dispose()
      await pki.dispose()
      await rm(dir, { recursive: true, force: true })
    },
  }
  return site
}

/** Resolves when the RID port accepts, whatever the grid does. */
export async function untilServing(site: Site, gateway: Running): Promise<void> {
  let end: string | undefined
  void gateway.ended.then(({ code }) => {
    end = `it ended with ${code}: ${gateway.err.join('')}`
  })
  await eventually('the gateway to serve', async () => {
    if (end !== undefined) throw new Error(end)
    try {
      await site.ready()
      return true
    } catch {
      return false
    }
  })
}

/** Runs beside this file: the normal form and item id of a payload, from section 5's text alone. */
export function python(mode: string, input: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL('./normal_form.py', import.meta.url))
    const child = execFile('/usr/bin/python3', [script, mode], { maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message} ${stderr}`)) : resolve(stdout),
    )
    child.stdin?.end(input)
  })
}

export const fixture = (name: string) => readFile(join(ROOT, 'fixtures', name))

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { loadConfig } from '../../src/config/config.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import { RESTRICTIONS } from '../../src/vocabulary.ts'
import { type Broker, exec, freePort } from './brokers.ts'
import { eventually } from './eventually.ts'
import type { Authority, Certificate, Pki } from './pki.ts'
import { createRidClient, type RidClient } from './rid-client.ts'

/** A peer as the configuration has it; its identity is `NAME.example` unless it says otherwise. */
export interface PeerSetup {
  readonly name: string
  readonly identity?: { readonly dns?: string; readonly fingerprint?: string }
  readonly publish?: readonly string[]
  readonly topics?: readonly string[]
  readonly url?: string
  readonly [key: string]: unknown
}

export interface SiteOptions {
  readonly broker: Pick<Broker, 'service' | 'domain' | 'broker' | 'ca'>
  readonly pki: Pki
  readonly peers: readonly PeerSetup[]
  /** local part and password of its account on the grid [gateway, gateway-secret] */
  readonly user?: string
  readonly password?: string
  /** [one Topic `incident` that may carry everything] */
  readonly topics?: readonly Readonly<Record<string, unknown>>[]
  readonly routes?: readonly Readonly<Record<string, unknown>>[]
  /** added to the sections of the configuration */
  readonly grid?: Readonly<Record<string, unknown>>
  readonly rid?: Readonly<Record<string, unknown>>
  readonly delivery?: Readonly<Record<string, unknown>>
  readonly level?: string
}

/** Configuration, certificates and data of one gateway in a temp directory. It may be started and killed many times. */
export interface Site extends AsyncDisposable {
  readonly dir: string
  readonly configFile: string
  readonly store: string
  readonly ridPort: number
  readonly opsPort: number
  /** who certifies RID peers */
  readonly ca: Authority
  /** The certificate of the peer `NAME.example`; also good for a RID server on localhost. */
  certificate(name: string): Promise<Certificate>
  /** A RID client of this gateway that is the peer `name`. `port` leads elsewhere than to the gateway itself. */
  client(name: string, options?: { keepAlive?: boolean; port?: number }): Promise<RidClient>
  /** Starts it in this process. */
  boot(): Promise<Gateway>
  /** Starts `bin/iodef-gateway start` as a process of its own; resolves when it serves RID. */
  spawn(): Promise<GatewayProcess>
  /** The same without waiting for it. */
  launch(): GatewayProcess
  /** Runs another command of the same `bin/iodef-gateway` with this configuration. */
  command(...args: string[]): Promise<string>
  /** Resolves when /ready says 200. */
  ready(ms?: number): Promise<void>
  /** Deliveries by state, all destinations together, as /queue.json has them. */
  backlog(): Promise<Record<'pending' | 'sending' | 'held' | 'withheld', number>>
  /** Resolves when nothing is pending or being sent. */
  drained(ms?: number): Promise<void>
  /** The value of a metric, of all label sets that contain `labels`, added up. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>
}

export interface GatewayProcess extends AsyncDisposable {
  readonly pid: number
  /** Resolves when it serves RID; rejects when it ends before that, with what it said. */
  readonly serving: Promise<void>
  /** its log, a line each, the last 2000 */
  readonly lines: readonly string[]
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>
  /** bytes of memory it holds (RSS) */
  memory(): Promise<number>
}

const LAUNCHER = fileURLToPath(new URL('../../bin/iodef-gateway', import.meta.url))

export async function createSite(options: SiteOptions): Promise<Site> {
  const { pki, user = 'gateway' } = options
  const dir = await mkdtemp(join(tmpdir(), 'gateway-'))
  const ca = await pki.ca('rid')
  const own = await ca.issue({ cn: 'gateway', dns: ['localhost', `${user}.example`] })
  const [ridPort, opsPort] = [await freePort(), await freePort()]
  const configFile = join(dir, 'gateway.yaml')
  const store = join(dir, 'data', 'gateway.db')
  await writeFile(join(dir, 'password'), `${options.password ?? `${user}-secret`}\n`)
  // JSON is YAML
  await writeFile(configFile, JSON.stringify(configuration(options, { own, ca, ridPort, opsPort }), null, 2))
  const certificates = new Map<string, Promise<Certificate>>()

  const site: Site = {
    dir,
    configFile,
    store,
    ridPort,
    opsPort,
    ca,
    certificate(name) {
      const known = certificates.get(name) ?? ca.issue({ cn: name, dns: [`${name}.example`, 'localhost'] })
      certificates.set(name, known)
      return known
    },
    async client(name, { keepAlive = true, port = ridPort } = {}) {
      const { cert, key } = await site.certificate(name)
      return createRidClient(port, { ca: ca.cert, cert, key }, { keepAlive })
    },
    boot: () => createGateway(loadConfig(configFile), { log: pino({ level: options.level ?? 'silent' }) }),
    async spawn() {
      const process = launchGateway(configFile)
      await process.serving
      return process
    },
    launch: () => launchGateway(configFile),
    async command(...args) {
      const { stdout } = await exec(LAUNCHER, [...args, '--config', configFile], { maxBuffer: 256 * 1024 * 1024 })
      return stdout
    },
    async ready(ms = 60_000) {
      let last = ''
      await eventually(
        () => `the gateway to be ready; it says ${last}`,
        async () => {
          const response = await fetch(`http://127.0.0.1:${opsPort}/ready`).catch(() => undefined)
          last = (await response?.text()) ?? 'nothing'
          return response?.status === 200
        },
        { ms },
      )
    },
    async backlog() {
      const response = await fetch(`http://127.0.0.1:${opsPort}/queue.json`)
      const sum = { pending: 0, sending: 0, held: 0, withheld: 0 }
      for (const row of (await response.json()) as (typeof sum)[]) {
        for (const state of Object.keys(sum) as (keyof typeof sum)[]) sum[state] += row[state]
      }
      return sum
    },
    async drained(ms = 60_000) {
      let last = ''
      await eventually(
        () => `the queue to be empty; it has ${last}`,
        async () => {
          const sum = await site.backlog()
          last = JSON.stringify(sum)
          return sum.pending + sum.sending === 0
        },
        { ms },
      )
    },
    async metric(name, labels = {}) {
      const response = await fetch(`http://127.0.0.1:${opsPort}/metrics`)
      const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
      const lines = (await response.text()).split('\n').filter((line) => /^[^#{ ]+/.exec(line)?.[0] === name)
      const matching = lines.filter((line) => wanted.every((label) => line.includes(label)))
      return matching.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
  return site
}

function configuration(
  options: SiteOptions,
  { own, ca, ridPort, opsPort }: { own: Certificate; ca: Authority; ridPort: number; opsPort: number },
): unknown {
  const { broker, peers, user = 'gateway' } = options
  const topics = options.topics ?? [{ name: 'incident', create: true, restrictions: RESTRICTIONS }]
  const rid = { host: '127.0.0.1', port: ridPort, name: `${user}.example` }
  return {
    rid: { ...rid, tls: { cert: own.cert, key: own.key, ca: ca.cert }, ...options.rid },
    peers: peers.map((peer) => ({
      identity: { dns: `${peer.name}.example` },
      restrictions: RESTRICTIONS,
      ...peer,
    })),
    grid: {
      service: broker.service,
      jid: `${user}@${broker.domain}`,
      auth: { password: { file: 'password' } },
      tls: { ca: broker.ca },
      broker: broker.broker,
      topics,
      ...options.grid,
    },
    routes: options.routes ?? [{ topic: topics[0]?.name }],
    store: { path: 'data/gateway.db' },
    ops: { host: '127.0.0.1', port: opsPort },
    log: { level: options.level ?? 'info' },
    ...(options.delivery && { delivery: options.delivery }),
  }
}

function launchGateway(configFile: string): GatewayProcess {
  const child = spawn(LAUNCHER, ['start', '--config', configFile], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  let errors = ''
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)
  void ended.then(() => process.removeListener('exit', onExit))
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    if (lines.length > 2_000) lines.splice(0, 1_000)
  })
  const serving = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(-20_000)
      if (errors.includes('serving RID on')) resolve()
    })
    void ended.then((code) => reject(new Error(`the gateway ended (${code}): ${errors} ${lines.at(-1) ?? ''}`)))
  })
  // whoever kills it before that need not listen
  serving.catch(() => undefined)
  return {
    pid: pidOf(child),
    serving,
    lines,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      return await ended
    },
    async memory() {
      const status = await readFile(`/proc/${pidOf(child)}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('not running')
  return child.pid
}

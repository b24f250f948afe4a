import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, freePort } from './brokers.ts'
import { type GatewayProcess, run, start } from './command.ts'
import { eventually } from './eventually.ts'
import { type Authority, type Certificate, createPki, type Pki } from './pki.ts'
import { createRidClient, type RidClient } from './rid-client.ts'

// Nothing here imports from src/: what is driven is the command, the socket and the grid. boot.ts starts it in this process.

/** RFC 7970 §3.3.1 */
const EVERY_RESTRICTION = [
  ...['public', 'partner', 'need-to-know', 'private'],
  ...['white', 'green', 'amber', 'red', 'default'],
]

/** A peer as the configuration has it; its identity is `NAME.example` unless it says otherwise. */
export interface PeerSetup {
  readonly name: string
  readonly identity?: {
    readonly dns?: string
    readonly fingerprint?: string
    readonly basic?: object
    readonly anonymous?: true
  }
  readonly publish?: readonly string[]
  readonly topics?: readonly string[]
  readonly url?: string
  readonly [key: string]: unknown
}

export interface SiteOptions {
  /** [none: its Controller is away] */
  readonly broker?: Pick<Broker, 'service' | 'domain' | 'broker' | 'ca'>
  /** [one of its own] */
  readonly pki?: Pki
  /** [csirt-a, which may publish on `incident`] */
  readonly peers?: readonly PeerSetup[]
  /** local part and password of its account on the grid [gateway, gateway-secret] */
  readonly user?: string
  readonly password?: string
  /** [one Topic `incident`, which it creates] */
  readonly topics?: readonly Readonly<Record<string, unknown>>[]
  readonly routes?: readonly Readonly<Record<string, unknown>>[]
  /** peers, and the Topic that is there by default, take every restriction, not the gateway's own default [true] */
  readonly open?: boolean
  /** added to the sections of the configuration */
  readonly grid?: Readonly<Record<string, unknown>>
  readonly rid?: Readonly<Record<string, unknown>>
  readonly delivery?: Readonly<Record<string, unknown>>
  readonly level?: string
}

export interface Ready {
  readonly ready: boolean
  readonly parts: Record<string, { state: string; since: string; reason: string }>
}

/** Configuration, certificates and data of one gateway in a temp directory. It may be started and killed many times. */
export interface Site extends AsyncDisposable {
  readonly dir: string
  readonly configFile: string
  readonly store: string
  readonly ridPort: number
  readonly opsPort: number
  /** who certifies RID peers, and the gateway to them */
  readonly ca: Authority
  /** the gateway's own certificate */
  readonly server: Certificate
  /** The certificate of the peer `NAME.example`; also good for a RID server on localhost. The same name gives the same one. */
  certificate(name: string): Promise<Certificate>
  /** A RID client of this gateway that is the peer `name`, without `keepAlive` with a connection each time. `port` leads elsewhere than to the gateway itself, `localAddress` is where it comes from. */
  client(name: string, options?: { keepAlive?: boolean; port?: number; localAddress?: string }): Promise<RidClient>
  /** The sections of the configuration. */
  base(): Record<string, unknown>
  /** Writes them, these in place of its own, into the file `name` [gateway.yaml], and gives its path. */
  config(sections?: Readonly<Record<string, unknown>>, name?: string): Promise<string>
  /** Starts `bin/iodef-gateway start` as a process of its own; resolves when it serves RID. */
  spawn(): Promise<GatewayProcess>
  /** The same without waiting for it. */
  launch(): GatewayProcess
  /** Runs another command of the same `bin/iodef-gateway` with this configuration; rejects unless it ends with 0. */
  command(...args: string[]): Promise<string>
  /** What /ready says. */
  health(): Promise<{ readonly status: number; readonly body: Ready }>
  /** Resolves when reports can be taken, and go to each Topic. */
  ready(ms?: number): Promise<void>
  /** Deliveries by state, all destinations together, as /queue.json has them. */
  backlog(): Promise<Record<'pending' | 'sending' | 'held' | 'withheld', number>>
  /** Resolves when nothing is pending or being sent. */
  drained(ms?: number): Promise<void>
  /** The value of a metric, of all label sets that contain `labels`, added up. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>
}

/** of a Topic that is not looked at yet, whose members may still be missing */
const NOT_YET = /^It (?:is not joined yet|waits for the session)/

/** ms that the operators' endpoint may take for an answer */
const ANSWER = 20_000

export async function createSite(options: SiteOptions = {}): Promise<Site> {
  const { user = 'gateway' } = options
  await using opened = new AsyncDisposableStack()
  const pki = options.pki ?? opened.use(await createPki())
  const dir = await mkdtemp(join(tmpdir(), 'gateway-'))
  opened.defer(() => rm(dir, { recursive: true, force: true }))
  const ca = await pki.ca('rid')
  const gridCa = options.broker?.ca ?? (await pki.ca('grid')).cert
  const server = await ca.issue({ cn: 'gateway', dns: ['localhost', `${user}.example`], ip: ['127.0.0.1'] })
  const [ridPort, opsPort, deadPort] = [await freePort(), await freePort(), await freePort()]
  // relative paths, as an operator has them beside the file
  await copyFile(server.cert, join(dir, 'rid.pem'))
  await copyFile(server.key, join(dir, 'rid.key'))
  await copyFile(ca.cert, join(dir, 'peers-ca.pem'))
  await copyFile(gridCa, join(dir, 'grid-ca.pem'))
  await writeFile(join(dir, 'gateway.password'), `${options.password ?? `${user}-secret`}\n`, { mode: 0o600 })
  const certificates = new Map<string, Promise<Certificate>>()
  const configFile = join(dir, 'gateway.yaml')
  const ops = (path: string) => fetch(`http://127.0.0.1:${opsPort}${path}`, { signal: AbortSignal.timeout(ANSWER) })

  const all = opened.move()
  const site: Site = {
    dir,
    configFile,
    store: join(dir, 'data', 'gateway.db'),
    ridPort,
    opsPort,
    ca,
    server,
    certificate(name) {
      const known = certificates.get(name) ?? ca.issue({ cn: name, dns: [`${name}.example`, 'localhost'] })
      certificates.set(name, known)
      return known
    },
    async client(name, { port = ridPort, ...how } = {}) {
      const { cert, key } = await site.certificate(name)
      return createRidClient(port, { ca: ca.cert, cert, key }, how)
    },
    base: () => sections(options, { ridPort, opsPort, deadPort }),
    async config(own = {}, name = 'gateway.yaml') {
      const path = join(dir, name)
      // JSON is YAML
      await writeFile(path, JSON.stringify({ ...site.base(), ...own }, null, 2))
      return path
    },
    async spawn() {
      const gateway = start(configFile)
      try {
        await gateway.serving
        return gateway
      } catch (error) {
        await gateway.kill()
        throw error
      }
    },
    launch: () => start(configFile),
    async command(...args) {
      const { code, stdout, stderr } = await run([...args, '--config', configFile], { ms: 120_000 })
      if (code !== 0) throw new Error(`iodef-gateway ${args.join(' ')} ended with ${code}: ${stderr}`)
      return stdout
    },
    async health() {
      const response = await ops('/ready')
      return { status: response.status, body: (await response.json()) as Ready }
    },
    async ready(ms = 60_000) {
      let last = 'nothing'
      await eventually(
        () => `the gateway to be ready; it says ${last}`,
        async () => {
          const found = await site.health().catch(() => undefined)
          last = JSON.stringify(found?.body) ?? 'nothing'
          const parts = Object.entries(found?.body.parts ?? {})
          const stuck = parts.some(
            ([part, { state, reason }]) =>
              /^(?:grid$|topic:)/.test(part) && (state === 'failed' || NOT_YET.test(String(reason))),
          )
          return found?.status === 200 && !stuck && found.body.parts.grid !== undefined
        },
        { ms },
      )
    },
    async backlog() {
      const response = await ops('/queue.json')
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
      const response = await ops('/metrics')
      const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
      const lines = (await response.text()).split('\n').filter((line) => /^[^#{ ]+/.exec(line)?.[0] === name)
      const matching = lines.filter((line) => wanted.every((label) => line.includes(label)))
      return matching.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
  await site.config()
  return site
}

function sections(
  options: SiteOptions,
  { ridPort, opsPort, deadPort }: Readonly<Record<'ridPort' | 'opsPort' | 'deadPort', number>>,
): Record<string, unknown> {
  const { broker, user = 'gateway', open = true, peers = [{ name: 'csirt-a', publish: ['incident'] }] } = options
  const domain = broker?.domain ?? 'grid.example'
  const restrictions = open ? { restrictions: EVERY_RESTRICTION } : {}
  const topics = options.topics ?? [
    { name: 'incident', create: true, members: [`subscriber@${domain}`], ...restrictions },
  ]
  return {
    rid: {
      host: '127.0.0.1',
      port: ridPort,
      name: `${user}.example`,
      tls: { cert: 'rid.pem', key: 'rid.key', ca: 'peers-ca.pem' },
      ...options.rid,
    },
    peers: peers.map((peer) => ({ identity: { dns: `${peer.name}.example` }, ...restrictions, ...peer })),
    grid: {
      service: broker?.service ?? `xmpp://127.0.0.1:${deadPort}`,
      jid: `${user}@${domain}`,
      auth: { password: { file: 'gateway.password' } },
      tls: { ca: 'grid-ca.pem' },
      broker: broker?.broker ?? `pubsub.${domain}`,
      topics,
      ...options.grid,
    },
    routes: options.routes ?? [{ topic: topics[0]?.name }],
    store: { path: './data/gateway.db' },
    ops: { host: '127.0.0.1', port: opsPort },
    log: { level: options.level ?? 'info' },
    ...(options.delivery && { delivery: options.delivery }),
  }
}

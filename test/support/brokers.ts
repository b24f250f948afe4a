import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createConnection, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { within } from './eventually.ts'

const execute = promisify(execFile)

/** A program to its end, SIGKILL after a minute. Rejects unless it ends with 0. */
export function exec(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv } = {},
): Promise<{ stdout: string; stderr: string }> {
  return within(
    90_000,
    () => `${file} ${args.slice(0, 6).join(' ')} to end`,
    execute(file, [...args], { ...options, timeout: 60_000, killSignal: 'SIGKILL' }),
  )
}

/** A real XMPP server with a publish-subscribe service, on loopback, in a temp directory of its own. */
export interface Broker extends AsyncDisposable {
  readonly kind: 'prosody' | 'ejabberd'
  /** `xmpp://127.0.0.1:port` (STARTTLS) and `xmpps://127.0.0.1:port` (direct TLS) */
  readonly service: string
  readonly directTls: string
  /** the XMPP domain, the name in the certificate */
  readonly domain: string
  /** the JID of the publish-subscribe service */
  readonly broker: string
  /** PEM file of the CA that issued the server's certificate */
  readonly ca: string
  /** SPKI pin of the server's certificate */
  readonly pin: string
  readonly dir: string
  /** `localhost:PORT` of the upload service, where there is one */
  readonly uploadHost: string | undefined
  readonly pid: number
  register(user: string, password: string): Promise<void>
  /** Of an account that there is; who is logged in stays so. */
  changePassword(user: string, password: string): Promise<void>
  /** Ends the process gently; the data stays. */
  stop(): Promise<void>
  /** SIGKILL: sockets close, nothing is said. */
  kill(): Promise<void>
  /** Starts it again on the same ports and data. */
  start(): Promise<void>
  restart(): Promise<void>
  /** SIGSTOP and SIGCONT: half-open connections. */
  pause(): void
  resume(): void
  log(): Promise<string>
  dispose(): Promise<void>
}

export interface BrokerOptions {
  /** local part to password [{ gateway: 'gateway-secret' }] */
  readonly users?: Readonly<Record<string, string>>
  /** items a node may keep at most [10000] */
  readonly maxItems?: number
  /** data survives a restart [true] */
  readonly durable?: boolean
  /** log in by client certificate of the same CA instead of passwords [false] */
  readonly external?: boolean
  /** bytes of a stanza from a client [server's default: Prosody 256 KB, ejabberd here 10 MB] */
  readonly stanzaLimit?: number
  /** what Debian's packages set: bytes/s that are read of a client, and of one stanza [false: no rate] */
  readonly stock?: boolean
  /** what an operator adds, as it stands in the server's own configuration: Prosody's Lua at its top, ejabberd's sections in YAML */
  readonly added?: string
  /**
   * A configuration that people are given: as it stands in Prosody's conf.d behind Debian's own settings, or all of ejabberd's, but for
   * ports. It names the certificate itself; of ejabberd, `bundle` is put where it can read it.
   */
  readonly example?: string
  readonly bundle?: string
  /** highest TLS version offered */
  readonly tls?: '1.2' | '1.3'
  /** a second service, `elsewhere.DOMAIN`, and the nodes of either that are refused to subscribers as gone to an address; Prosody only */
  readonly moved?: Readonly<Record<string, string>>
  readonly pki?: import('./pki.ts').Pki
  /** with an upload service (XEP-0363), whose certificate names localhost [false] */
  readonly upload?: boolean
  /** where its slots lead, in place of itself: an https URL; Prosody only */
  readonly uploadBase?: string
  /** the XMPP domain, with U-labels; Prosody only [grid.example] */
  readonly domain?: string
}

// Below those that systems give out by themselves (to every connection, also of others), and a stretch for each process, whose first
// port it keeps: what is started on a port has to find it free still, seconds later.
const FIRST_PORT = 20_000
const STRETCH = 100
const STRETCHES = 120
let stretch: Promise<number> | undefined
let portsGiven = 0

/** A loopback port that is free, and is given to nobody else. */
export async function freePort(): Promise<number> {
  stretch ??= ownStretch()
  const first = await stretch
  for (let i = 1; i < STRETCH; i++) {
    const port = first + 1 + (portsGiven++ % (STRETCH - 1))
    if (await isFree(port)) return port
  }
  throw new Error(`no port is free from ${first} on`)
}

/** For as long as this process lives. */
async function ownStretch(): Promise<number> {
  for (let i = 0; i < STRETCHES; i++) {
    const first = FIRST_PORT + ((process.pid + i) % STRETCHES) * STRETCH
    const guard = createServer()
    const isOurs = await new Promise<boolean>((resolve) => {
      guard.once('error', () => resolve(false))
      guard.listen(first, '127.0.0.1', () => resolve(true))
    })
    guard.unref()
    if (isOurs) return first
  }
  throw new Error('each stretch of ports is of another process')
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Resolves when something accepts on the port; rejects after `ms`, or when `gone` says the process ended. */
export async function waitForPort(port: number, gone: () => string | undefined, ms = 60_000): Promise<void> {
  const deadline = Date.now() + ms
  while (Date.now() < deadline) {
    const reason = gone()
    if (reason !== undefined) throw new Error(reason)
    if (await accepts(port)) return
    await wait(50)
  }
  throw new Error(`nothing accepts on port ${port}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** A server process in a process group of its own, so that its children end with it. */
export class ServerProcess {
  readonly #spawn: () => ChildProcess
  readonly #dir: string
  #child: ChildProcess | undefined
  #guard: ChildProcess | undefined
  #output = ''

  constructor(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    cwd: string,
    ids: { readonly uid?: number; readonly gid?: number } = {},
  ) {
    this.#dir = cwd
    const options = { cwd, env: { ...process.env, ...env }, ...ids, detached: true }
    this.#spawn = () => spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('not running')
    return pid
  }

  get output(): string {
    return this.#output
  }

  async start(port: number): Promise<void> {
    const child = this.#spawn()
    this.#child = child
    child.unref()
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString('utf8')).slice(-20_000)
      })
      // a broker left over must not keep the test run open
      if (stream && 'unref' in stream) (stream as unknown as { unref(): void }).unref()
    }
    child.on('error', (error) => {
      this.#output += error.message
    })
    this.#guard = child.pid === undefined ? undefined : startGuard(child.pid, this.#dir)
    await waitForPort(port, () => (this.#ended() ? `the server ended: ${this.#output}` : undefined))
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid !== undefined && !this.#ended()) process.kill(-this.#child.pid, signal)
  }

  /** Signals the group and waits until the process is gone; SIGKILL after `ms`. */
  async end(signal: NodeJS.Signals, ms = 15_000): Promise<void> {
    // first of all: a process group's number may be given to others once it is free
    this.#guard?.kill('SIGKILL')
    this.#guard = undefined
    const child = this.#child
    if (!child || this.#ended()) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    this.signal('SIGCONT')
    this.signal(signal)
    const timer = setTimeout(() => this.signal('SIGKILL'), ms)
    child.ref()
    await within(ms + 15_000, () => `the server to end; it said ${this.#output.slice(-2_000)}`, ended)
    clearTimeout(timer)
    // children of a killed launcher may outlive it for a moment
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // none left
    }
  }

  #ended(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

/**
 * Ends the server and removes its directory when this process ends without doing so itself, however it ends (a test runner's
 * SIGKILL too): its standard input closes then.
 */
function startGuard(group: number, dir: string): ChildProcess {
  const script = 'read -r _; kill -s KILL -- "-$1" 2>/dev/null; rm -rf -- "$2"'
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(group), dir], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.on('error', () => {})
  guard.stdin?.on('error', () => {})
  guard.unref()
  if (guard.stdin && 'unref' in guard.stdin) (guard.stdin as unknown as { unref(): void }).unref()
  return guard
}

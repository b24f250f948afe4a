import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { within } from './eventually.ts'

// The command as its users have it: nothing here imports from src/.

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const LAUNCHER = join(ROOT, 'bin', 'iodef-gateway')

/** ms; the gateway gives itself half of it to stop */
const START = 60_000
const STOP = 60_000
/** lines of a log that are kept */
const LINES = 50_000

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What the runner gives its own children, and no user has. What is compiled is kept for them, too: hundreds are started. */
const OWN = { NODE_TEST_CONTEXT: undefined, NODE_V8_COVERAGE: undefined }

/** One command of the gateway to its end, SIGKILL after `ms` [60000]. `input` is its standard input. */
export function run(
  args: readonly string[],
  options: { input?: string | Buffer; env?: Record<string, string>; cwd?: string; ms?: number } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      LAUNCHER,
      [...args],
      {
        timeout: options.ms ?? 60_000,
        killSignal: 'SIGKILL',
        maxBuffer: 256 << 20,
        cwd: options.cwd ?? tmpdir(),
        env: { ...process.env, ...OWN, ...options.env },
      },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
    child.on('error', reject)
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}

/** A running `iodef-gateway start`. Killed when it is disposed of, or this process ends. */
export interface GatewayProcess extends AsyncDisposable {
  readonly pid: number
  /** Resolves when it serves RID; rejects when it ends before that, with what it said, or does not in time. */
  readonly serving: Promise<void>
  /** its log, a line each, the last ones */
  readonly lines: readonly string[]
  /** its standard error */
  readonly said: string
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  signal(name: NodeJS.Signals): void
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with its exit code. One that does not end in time is killed, and that is an error. */
  stop(): Promise<number | null>
  /** its log, each line parsed; throws where a line is not JSON */
  log(): Record<string, unknown>[]
  /** bytes of memory it holds (RSS) */
  memory(): Promise<number>
}

/** Starts it; `serving` says when it is there. */
export function start(configFile: string, env: Record<string, string> = {}, launcher = LAUNCHER): GatewayProcess {
  const child = spawn(launcher, ['start', '--config', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...OWN, ...env },
    cwd: tmpdir(),
  })
  const lines: string[] = []
  let said = ''
  const ended: GatewayProcess['ended'] = new Promise((resolve, reject) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('error', reject)
  })
  ended.catch(() => undefined)
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)
  child.once('close', () => process.removeListener('exit', onExit))
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    if (lines.length > LINES) lines.splice(0, LINES / 2)
  })
  const last = () => `${said} ${lines.at(-1) ?? ''}`.trim()
  const serving = new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-200_000)
      if (said.includes('serving RID on')) resolve()
    })
    ended.then(({ code }) => reject(new Error(`the gateway ended (${code}): ${last()}`)), reject)
  })
  const kill = async () => {
    child.kill('SIGKILL')
    await within(STOP, 'a killed gateway to be gone', ended)
  }
  const started = within(START, () => `the gateway to serve; it says ${last()}`, serving)
  // whoever kills it before that need not listen
  started.catch(() => undefined)
  return {
    get pid() {
      if (child.pid === undefined) throw new Error('not running')
      return child.pid
    },
    serving: started,
    lines,
    get said() {
      return said
    },
    ended,
    signal: (name) => void child.kill(name),
    kill,
    async stop() {
      child.kill('SIGTERM')
      try {
        return (await within(STOP, () => `the gateway to stop; it says ${last()}`, ended)).code
      } catch (error) {
        await kill()
        throw error
      }
    },
    log: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
    },
    [Symbol.asyncDispose]: kill,
  }
}

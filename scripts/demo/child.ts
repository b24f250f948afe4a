import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { basename } from 'node:path'

/** A process that the demo started, with its output in a file and its last lines at hand. */
export interface Child extends AsyncDisposable {
  readonly name: string
  readonly log: string
  readonly process: ChildProcess
  /** what it ended with; undefined while it runs */
  readonly ended: string | undefined
  tail(lines: number): string[]
  onLine(listener: (line: string) => void): void
}

const KEPT = 200

/**
 * Starts `command` in a process group of its own (Ctrl-C reaches only the demo, which then ends its children in order).
 * Disposing sends SIGTERM, and SIGKILL when it does not end within 10 s.
 */
export function startChild(
  command: string,
  args: readonly string[],
  options: { readonly log: string; readonly env?: Readonly<Record<string, string>>; readonly ipc?: boolean },
): Child {
  const child = spawn(command, args, {
    detached: true,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc === true ? (['ipc'] as const) : [])],
  })
  const file = createWriteStream(options.log)
  const last: string[] = []
  const listeners: ((line: string) => void)[] = []
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      file.write(chunk)
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      last.push(...lines)
      last.splice(0, Math.max(0, last.length - KEPT))
      for (const line of lines) for (const listener of listeners) listener(line)
    })
  }
  let ended: string | undefined
  const end = Promise.withResolvers<void>()
  const over = (how: string) => {
    ended ??= how
    end.resolve()
  }
  child.once('error', (error) => over(`could not be started: ${error.message}`))
  child.once('exit', (code, signal) => over(signal === null ? `ended with code ${code}` : `was ended by ${signal}`))
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid === undefined || ended !== undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch {
      // it ended just now
    }
  }
  const onExit = () => kill('SIGKILL')
  process.once('exit', onExit)
  return {
    name: basename(options.log, '.log'),
    log: options.log,
    process: child,
    get ended() {
      return ended
    },
    tail: (lines) => last.slice(-lines),
    onLine: (listener) => void listeners.push(listener),
    async [Symbol.asyncDispose]() {
      kill('SIGTERM')
      const timer = setTimeout(() => kill('SIGKILL'), 10_000)
      await end.promise
      clearTimeout(timer)
      process.off('exit', onExit)
      file.end()
    },
  }
}

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process of its own, asked by messages: `{ n, do, ... }` is answered by `{ n, result }` or `{ n, error }`. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  ask<T>(what: string, fields?: Readonly<Record<string, unknown>>): Promise<T>
}

interface Answer {
  readonly n: number
  readonly result?: unknown
  readonly error?: string
}

export function startChild(script: string, env: Readonly<Record<string, string>> = {}): Child {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child: ChildProcess = fork(file, { env: { ...process.env, ...env }, serialization: 'advanced' })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let count = 0
  child.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.n)
    waiting.delete(answer.n)
    if (answer.error === undefined) asked?.resolve(answer.result)
    else asked?.reject(new Error(answer.error))
  })
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${script} ended (${code})`))
  })
  return {
    pid: child.pid ?? 0,
    ask<T>(what: string, fields = {}) {
      count += 1
      const n = count
      return new Promise<T>((resolve, reject) => {
        waiting.set(n, { resolve: resolve as (value: unknown) => void, reject })
        child.send({ n, do: what, ...fields })
      })
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The other end: answers what is asked until the parent is gone. */
export function serve(commands: Readonly<Record<string, (fields: never) => unknown>>): void {
  process.on('message', async (message: { n: number; do: string }) => {
    try {
      const command = commands[message.do]
      if (command === undefined) throw new Error(`no command ${message.do}`)
      process.send?.({ n: message.n, result: await command(message as never) })
    } catch (error) {
      process.send?.({ n: message.n, error: error instanceof Error ? error.message : String(error) })
    }
  })
  process.on('disconnect', () => process.exit(0))
}

/** Milliseconds on a clock that all processes of this machine share. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

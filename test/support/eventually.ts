import { setTimeout as wait } from 'node:timers/promises'

/** What this process waits for at the moment. */
const waits = new Set<() => string>()

/** What this process waits for at the moment, in words: the answer of a test that its deadline ended. */
export function awaited(): string[] {
  return [...waits].map((what) => what())
}

/** Asks until `check` holds; rejects after `ms` [30000] with `what` was awaited. The deadline is generous: it ends hangs only. */
export async function eventually(
  what: string | (() => string),
  check: () => boolean | Promise<boolean>,
  { ms = 30_000, every = 50 }: { ms?: number; every?: number } = {},
): Promise<void> {
  const words = typeof what === 'string' ? () => what : what
  const deadline = Date.now() + ms
  waits.add(words)
  try {
    for (;;) {
      if (await check()) return
      if (Date.now() > deadline) throw late(words, ms)
      await wait(every)
    }
  } finally {
    waits.delete(words)
  }
}

/** What `promise` gives; rejects after `ms` with `what` was awaited. For what no test can hurry: a process, an answer. */
export async function within<T>(ms: number, what: string | (() => string), promise: PromiseLike<T>): Promise<T> {
  const words = typeof what === 'string' ? () => what : what
  const deadline = Promise.withResolvers<never>()
  const timer = setTimeout(() => deadline.reject(late(words, ms)), ms)
  waits.add(words)
  try {
    return await Promise.race([promise, deadline.promise])
  } finally {
    clearTimeout(timer)
    waits.delete(words)
  }
}

function late(what: () => string, ms: number): Error {
  return new Error(`waited ${ms} ms for: ${what()}`)
}

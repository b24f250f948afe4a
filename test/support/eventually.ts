import { setTimeout as wait } from 'node:timers/promises'

/** Asks until `check` holds; rejects after `ms` [30000] with `what` was awaited. The deadline is generous: it ends hangs only. */
export async function eventually(
  what: string | (() => string),
  check: () => boolean | Promise<boolean>,
  { ms = 30_000, every = 50 }: { ms?: number; every?: number } = {},
): Promise<void> {
  const deadline = Date.now() + ms
  for (;;) {
    if (await check()) return
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for: ${typeof what === 'string' ? what : what()}`)
    await wait(every)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from './child.ts'

interface Ports {
  readonly rid: number
  readonly ops: number
}

/** A child ended, or said nothing in time. Its log says why. */
export class ChildError extends Error {
  readonly child: Child

  constructor(child: Child, message: string) {
    super(message)
    this.child = child
  }
}

/** Resolves with what `look` finds; rejects when the child ends before that, or after `ms`. */
export async function until<T>(
  child: Child,
  what: string,
  look: () => T | Promise<T | undefined> | undefined,
  ms = 60_000,
): Promise<T> {
  const deadline = Date.now() + ms
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (child.ended !== undefined) throw new ChildError(child, `the ${child.name} ${child.ended}`)
    if (Date.now() > deadline) throw new ChildError(child, `the ${child.name}: ${what} within ${ms / 1000} s`)
    await sleep(50)
  }
}

/** The ports in the gateway's log line "Serving". */
export function portsOf(gateway: Child): () => Ports | undefined {
  let ports: Ports | undefined
  gateway.onLine((line) => {
    const entry = parsed(line)
    if (entry?.msg === 'Serving') ports = { rid: Number(entry.rid), ops: Number(entry.ops) }
  })
  return () => ports
}

/** True once every part of /ready is good: reports are taken, and go to their Topics. */
export async function ready(ops: number): Promise<true | undefined> {
  const response = await fetch(`http://127.0.0.1:${ops}/ready`).catch(() => undefined)
  const { parts = {} } = ((await response?.json()) ?? {}) as { parts?: Record<string, { state: string }> }
  const states = Object.values(parts).map(({ state }) => state)
  return parts.grid !== undefined && states.every((state) => state !== 'failed') ? true : undefined
}

/** A log line of the gateway. */
export function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

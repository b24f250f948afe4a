import { setTimeout as wait } from 'node:timers/promises'

/** Time and chance, handed to whatever waits, so that tests can move both. */
export interface Clock {
  /** ms since the epoch */
  now(): number
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** uniform in [0, 1) */
  random(): number
}

export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal ? { signal } : {})
    } catch {
      // aborted: the caller looks at its signal
    }
  },
}

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
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      signal?.addEventListener('abort', wake)
    }),
}

/** Reason for an abort that is no failure, hundreds of times a second: the default reason is made anew with a stack trace. */
export const ENDED = new Error('ended')

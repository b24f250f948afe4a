import type { Clock } from '../clock.ts'
import { FINE, type Finding } from './readiness.ts'

/** ms after which whoever was turned away, and did not come again, has given up: it was asked to come again after 30 s */
const OVER = 40_000

/**
 * Who is answered 503 since too much of it waits: of one that has too much in all Topics, or in bytes, no Topic's queue need be full.
 * Over once it is let in.
 */
export function createTurnedAway(clock: Pick<Clock, 'now'>) {
  const last = new Map<string, number>()
  return {
    turnedAway(source: string): void {
      last.set(source, clock.now())
    },
    letIn(source: string): void {
      last.delete(source)
    },
    read(maxQueue: number): Finding {
      const now = clock.now()
      for (const [source, at] of last) if (now - at >= OVER || now < at) last.delete(source)
      if (last.size === 0) return FINE
      return {
        state: 'failed',
        reason: `As much waits of ${[...last.keys()].join(', ')} as \`delivery.maxQueue\` (${maxQueue}) lets, in one Topic or in all, or in bytes: it is answered 503. Mend what it waits for, or raise the limit.`,
      }
    },
  }
}

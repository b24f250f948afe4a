import type { Clock } from '../clock.ts'

/** One part of the gateway as `/ready` shows it. `since` is when it got into this state, ISO 8601. */
interface PartState {
  readonly state: string
  readonly since: string
  readonly reason: string | null
}

export interface Readiness {
  readonly ready: boolean
  readonly parts: Readonly<Record<string, PartState>>
}

/** States that count as working; a part in any other makes the gateway not ready. */
const WORKING = new Set(['up', 'ok', 'off'])

export function works(state: string): boolean {
  return WORKING.has(state)
}

/**
 * What each part said last. `onChange` is called only when state or reason differ from before. Parts: store, grid, rid, drain
 * and `topic:NAME`.
 */
export function createReadiness(clock: Clock, onChange?: (part: string, now: PartState) => void) {
  const parts = new Map<string, PartState>()
  return {
    set(part: string, state: string, reason: string | null = null): void {
      const before = parts.get(part)
      if (before?.state === state && before.reason === reason) return
      const since = before?.state === state ? before.since : new Date(clock.now()).toISOString()
      const now = { state, since, reason }
      parts.set(part, now)
      onChange?.(part, now)
    },
    read(): Readiness {
      return { ready: [...parts.values()].every((part) => works(part.state)), parts: Object.fromEntries(parts) }
    },
  }
}

export type ReadinessBoard = ReturnType<typeof createReadiness>

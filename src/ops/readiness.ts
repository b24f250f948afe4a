import type { Clock } from '../clock.ts'
import type { PartState } from '../vocabulary.ts'

/** What a look at one part found. */
export interface Finding {
  readonly state: PartState
  /** a sentence or two: what is wrong, and what to do; null where nothing is */
  readonly reason: string | null
  /** while this lasts no report can be taken, whoever sends it */
  readonly stops?: true
}

export const FINE: Finding = { state: 'ok', reason: null }

/** One part of the gateway as `/ready` shows it. `since` is when it got into this state, ISO 8601. */
interface Part {
  readonly state: PartState
  readonly since: string
  readonly reason: string | null
}

/** `ready`: reports can be taken. What is taken is on disk, so that no other part than those that take it counts. */
export interface Readiness {
  readonly ready: boolean
  readonly parts: Readonly<Record<string, Part>>
}

/** For somebody who looks: works, needs you (something is degraded or failed), cannot take reports. */
export type Verdict = 'works' | 'needs-you' | 'cannot-take'

export function verdictOf({ ready, parts }: Readiness): Verdict {
  if (!ready) return 'cannot-take'
  return Object.values(parts).every(({ state }) => state === 'ok') ? 'works' : 'needs-you'
}

/** `moved`: its state is another than before, and not the reason alone. */
type OnChange = (part: string, now: Part, moved: boolean) => void

/**
 * What each part is like now. `onChange` is called only when state or reason differ from before, `onGone` with a part that is no more.
 * Names: docs/guide.md.
 */
export function createReadiness(clock: Pick<Clock, 'now'>, onChange?: OnChange, onGone?: (part: string) => void) {
  const parts = new Map<string, Part & Pick<Finding, 'stops'>>()
  return {
    set(part: string, { state, reason, stops }: Finding): void {
      const before = parts.get(part)
      if (before?.state === state && before.reason === reason && before.stops === stops) return
      const moved = before?.state !== state
      const since = before === undefined || moved ? new Date(clock.now()).toISOString() : before.since
      const now = { state, since, reason }
      parts.set(part, { ...now, ...(stops && { stops }) })
      onChange?.(part, now, moved)
    },
    /** Forgets the parts that begin with `prefix` and are not among `kept`. */
    keep(prefix: string, kept: ReadonlySet<string>): void {
      for (const part of parts.keys()) {
        if (!part.startsWith(prefix) || kept.has(part)) continue
        parts.delete(part)
        onGone?.(part)
      }
    },
    read(): Readiness {
      const shown = [...parts].map(([name, { state, since, reason }]) => [name, { state, since, reason }] as const)
      return {
        ready: [...parts.values()].every(({ stops }) => stops === undefined),
        parts: Object.fromEntries(shown),
      }
    },
  }
}

export type ReadinessBoard = ReturnType<typeof createReadiness>

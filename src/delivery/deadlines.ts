import { type Clock, ENDED } from '../clock.ts'

/** Calls `late` after `ms`, or up to a second earlier, unless what it returned was called before that. */
type Deadline = (ms: number, late: () => void) => () => void

/** ms: those begun within it share a timer */
const SHARED = 1000

interface Cohort {
  readonly since: number
  readonly late: Set<() => void>
  readonly over: AbortController
}

/** Deadlines that hardly anything ever meets: a timer for each would be made and unmade a thousand times a second. */
export function createDeadlines(clock: Pick<Clock, 'now' | 'sleep'>): Deadline {
  /** by their ms */
  const newest = new Map<number, Cohort>()

  function begin(ms: number, now: number): Cohort {
    const cohort: Cohort = { since: now, late: new Set(), over: new AbortController() }
    newest.set(ms, cohort)
    void clock.sleep(ms, cohort.over.signal).then(() => {
      forget(ms, cohort)
      for (const late of cohort.late) late()
    })
    return cohort
  }

  function forget(ms: number, cohort: Cohort): void {
    if (newest.get(ms) === cohort) newest.delete(ms)
  }

  return (ms, late) => {
    const now = clock.now()
    const known = newest.get(ms)
    // a clock that was set says nothing of how long ago that was
    const cohort = known !== undefined && Math.abs(now - known.since) < SHARED ? known : begin(ms, now)
    cohort.late.add(late)
    return () => {
      cohort.late.delete(late)
      if (cohort.late.size > 0) return
      forget(ms, cohort)
      cohort.over.abort(ENDED)
    }
  }
}

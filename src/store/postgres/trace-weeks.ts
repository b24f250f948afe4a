import { TRACE_AGE } from '../coding/retention.ts'
import { type Db, one, run } from './sql.ts'

/** As the parts of the trace are cut (schema-growth.ts). */
const WEEK = 7 * 86_400_000
/** Parts that are of no week, and stay. */
export const UNDATED = ['trace_before', 'trace_rest'] as const
/** parts that are there ahead of their time: whoever could make none, since a backup was reading, has other hours */
const AHEAD = 4

/** The trace is kept in parts of a week. Each by itself, in transactions of its own: nobody who writes waits for it. */
interface TraceWeeks {
  /** There are parts for what is written from now on. */
  make(now: number): Promise<void>
  /** Drops those of which all is older than the trace is kept; how many rows went. */
  drop(now: number): Promise<number>
}

export function createTraceWeeks(db: Db): TraceWeeks {
  const make = run(db, 'SELECT make_trace_week($1)')
  const drop = one<{ gone: number | null }>(db, 'SELECT drop_trace_week($1) AS gone')
  return {
    async make(now) {
      const first = Math.floor(now / WEEK) * WEEK
      for (let n = 0; n <= AHEAD; n++) await make(first + n * WEEK)
    },
    async drop(now) {
      let dropped = 0
      for (;;) {
        const gone = (await drop(now - TRACE_AGE))?.gone ?? null
        if (gone === null) return dropped
        dropped += gone
      }
    },
  }
}

import type { DatabaseSync } from 'node:sqlite'
import { OPEN, UNDECIDED } from '../coding/exchange-rows.ts'
import type { Exchanges } from '../exchanges.ts'
import { all, one } from './sql.ts'

interface Joined {
  /** seq of the exchange that asks `target` the same question, and has no answer from there yet. */
  asking(digest: string, kind: string, target: string): number | undefined
  sharing(id: string, n: number): Awaited<ReturnType<Exchanges['sharing']>>
}

/** Questions that several ask, and one of them is asked for all. */
export function createJoined(db: DatabaseSync): Joined {
  const asking = one<{ asks: number }>(
    db,
    `SELECT coalesce(l.joined, e.seq) AS asks FROM exchange e JOIN leg l ON l.exchange = e.seq
     WHERE e.state = ${OPEN} AND e.digest = ? AND l.kind = ? AND l.target = ? AND l.state IN (${UNDECIDED})
     ORDER BY e.seq LIMIT 1`,
  )
  const sharing = all<{ exchange: string; n: number }>(
    db,
    `SELECT e.id AS exchange, other.n FROM exchange asked
       JOIN leg l ON l.exchange = asked.seq
       JOIN leg other ON other.joined = coalesce(l.joined, l.exchange) OR other.exchange = coalesce(l.joined, l.exchange)
       JOIN exchange e ON e.seq = other.exchange
     WHERE asked.id = ? AND l.n = ? AND other.kind = l.kind AND other.target = l.target AND e.seq <> asked.seq
       AND e.state = ${OPEN} ORDER BY e.seq`,
  )
  return {
    asking: (digest, kind, target) => asking(digest, kind, target)?.asks,
    sharing: (id, n) => sharing(id, n).map((leg) => ({ ...leg })),
  }
}

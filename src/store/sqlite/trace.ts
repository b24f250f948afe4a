import type { DatabaseSync } from 'node:sqlite'
import { isAskedFor, searchWord } from '../../iodef/incident-id.ts'
import type { TraceEvent, TracePage, TraceShare } from '../contract.ts'
import { all, one, run } from './sql.ts'

/** The life of each incident. */
export interface Trail {
  /** Inside a transaction. */
  add(events: readonly TraceEvent[]): void
  /** Inside a transaction: within the share of a source; how many rows of the day were left out by now. */
  addWithin(share: TraceShare, events: readonly TraceEvent[]): number
  of(incident: string): TraceEvent[]
  behind(position: number | undefined, events: readonly string[]): TracePage
}

const DAY = 86_400_000

interface TraceRow {
  readonly at: number
  readonly incident: string
  readonly event: string
  readonly fields: string
}

interface Share {
  readonly rows: number
  readonly more: number
  readonly rest: number | null
}

const INSERT = 'INSERT INTO trace (at, incident, tail, event, fields) VALUES (?, ?, ?, ?, ?)'

export function createTrail(db: DatabaseSync): Trail {
  const insert = run(db, INSERT)
  const insertRest = one<{ seq: number }>(db, `${INSERT} RETURNING seq`)
  const shareOf = one<Share>(db, 'SELECT rows, more, rest FROM trace_share WHERE source = ? AND day = ?')
  const keepShare = run(db, 'INSERT OR REPLACE INTO trace_share (source, day, rows, more, rest) VALUES (?, ?, ?, ?, ?)')
  const update = run(db, 'UPDATE trace SET at = ?, fields = ? WHERE seq = ?')
  const select = all<TraceRow>(db, 'SELECT at, incident, event, fields FROM trace WHERE tail = ? ORDER BY at, seq')
  const last = one<{ seq: number }>(db, 'SELECT coalesce(max(seq), 0) AS seq FROM trace')
  const between = all<TraceRow>(
    db,
    `SELECT at, incident, event, fields FROM trace
     WHERE seq > ?1 AND seq <= ?2 AND event IN (SELECT value FROM json_each(?3)) ORDER BY seq`,
  )

  function add(events: readonly TraceEvent[]): void {
    for (const event of events) insert(...columnsOf(event))
  }

  /** The row that counts what was left out: made once, then kept up. */
  function countRest(seq: number | null, row: TraceEvent): number {
    if (seq === null || update(row.at, JSON.stringify(row.fields), seq) === 0) return insertRest(...columnsOf(row))!.seq
    return seq
  }

  return {
    add,
    addWithin({ source, most, rest }, events) {
      const day = Math.floor((events[0]?.at ?? 0) / DAY)
      const before = shareOf(source, day) ?? { rows: 0, more: 0, rest: null }
      if (before.rows + events.length <= most) {
        add(events)
        keepShare(source, day, before.rows + events.length, before.more, before.rest)
        return before.more
      }
      const more = before.more + events.length
      keepShare(source, day, before.rows, more, countRest(before.rest, rest(more)))
      return more
    },
    of: (incident) =>
      select(searchWord(incident))
        .filter((row) => isAskedFor(row.incident, incident))
        .map(toEvent),
    behind(from, events) {
      const position = last()!.seq
      if (from === undefined || position <= from) return { rows: [], position }
      return { rows: between(from, position, JSON.stringify(events)).map(toEvent), position }
    },
  }
}

function columnsOf({ at, incident, event, fields }: TraceEvent): [number, string, string, string, string] {
  return [at, incident, searchWord(incident), event, JSON.stringify(fields)]
}

function toEvent(row: TraceRow): TraceEvent {
  return { ...row, fields: JSON.parse(row.fields) as TraceEvent['fields'] }
}

import type { DatabaseSync } from 'node:sqlite'
import { isAskedFor, searchWord } from '../../iodef/incident-id.ts'
import type { TraceEvent, TracePage, TraceShare } from '../contract.ts'
import type { Incidents } from './incidents.ts'
import { added, all, one, run } from './sql.ts'

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

const INSERT = 'INSERT INTO trace (at, incident, event, fields) VALUES (?, ?, ?, ?)'

export function createTrail(db: DatabaseSync, incidents: Incidents): Trail {
  const insert = run(db, INSERT)
  const insertRest = added(db, INSERT)
  const shareOf = one<Share>(db, 'SELECT rows, more, rest FROM trace_share WHERE source = ? AND day = ?')
  const keepShare = run(db, 'INSERT OR REPLACE INTO trace_share (source, day, rows, more, rest) VALUES (?, ?, ?, ?, ?)')
  const update = run(db, 'UPDATE trace SET at = ?, fields = ? WHERE seq = ?')
  const select = all<TraceRow>(
    db,
    `SELECT t.at, i.key AS incident, t.event, t.fields FROM incident i JOIN trace t ON t.incident = i.id
     WHERE i.tail = ? ORDER BY t.at, t.seq`,
  )
  const last = one<{ seq: number }>(db, 'SELECT coalesce(max(seq), 0) AS seq FROM trace')
  const between = all<TraceRow>(
    db,
    `SELECT at, i.key AS incident, event, fields FROM trace JOIN incident i ON i.id = incident
     WHERE seq > ?1 AND seq <= ?2 AND event IN (SELECT value FROM json_each(?3)) ORDER BY seq`,
  )

  function add(events: readonly TraceEvent[]): void {
    for (const event of events) insert(...columnsOf(event))
  }

  /** The row that counts what was left out: made once, then kept up. */
  function countRest(seq: number | null, row: TraceEvent): number {
    if (seq === null || update(row.at, JSON.stringify(row.fields), seq) === 0) return insertRest(...columnsOf(row))
    return seq
  }

  function columnsOf({ at, incident, event, fields }: TraceEvent): [number, number, string, string] {
    return [at, incidents.require(incident).id, event, JSON.stringify(fields)]
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

function toEvent(row: TraceRow): TraceEvent {
  return { ...row, fields: JSON.parse(row.fields) as TraceEvent['fields'] }
}

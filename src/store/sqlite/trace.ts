import type { DatabaseSync } from 'node:sqlite'
import { isAskedFor, searchWord } from '../../iodef/incident-id.ts'
import type { TraceEvent, TracePage } from '../contract.ts'
import { all, one, run } from './sql.ts'

/** The life of each incident. */
export interface Trail {
  /** Inside a transaction. */
  add(events: readonly TraceEvent[]): void
  of(incident: string): TraceEvent[]
  behind(position: number | undefined, events: readonly string[]): TracePage
}

interface TraceRow {
  readonly at: number
  readonly incident: string
  readonly event: string
  readonly fields: string
}

export function createTrail(db: DatabaseSync): Trail {
  const insert = run(db, 'INSERT INTO trace (at, incident, tail, event, fields) VALUES (?, ?, ?, ?, ?)')
  const select = all<TraceRow>(db, 'SELECT at, incident, event, fields FROM trace WHERE tail = ? ORDER BY at, seq')
  const last = one<{ seq: number }>(db, 'SELECT coalesce(max(seq), 0) AS seq FROM trace')
  const between = all<TraceRow>(
    db,
    `SELECT at, incident, event, fields FROM trace
     WHERE seq > ?1 AND seq <= ?2 AND event IN (SELECT value FROM json_each(?3)) ORDER BY seq`,
  )
  return {
    add(events) {
      for (const { at, incident, event, fields } of events) {
        insert(at, incident, searchWord(incident), event, JSON.stringify(fields))
      }
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

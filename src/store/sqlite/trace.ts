import type { DatabaseSync } from 'node:sqlite'
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
        insert(at, incident, tailOf(incident), event, JSON.stringify(fields))
      }
    },
    of: (incident) =>
      select(tailOf(incident))
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

/**
 * Keys are `name id` or `name id#instance`, and neither part is ours: both may hold spaces. Is `key` what was asked for, be it
 * the whole key, the id part, or either without the instance?
 */
export function isAskedFor(key: string, asked: string): boolean {
  return matches(key, asked) || (key.includes('#') && matches(key.slice(0, key.lastIndexOf('#')), asked))
}

function matches(key: string, asked: string): boolean {
  return key === asked || key.endsWith(` ${asked}`)
}

/** What every way of asking for a key has in common: the last word before the first `#`. */
function tailOf(key: string): string {
  const hash = key.indexOf('#')
  const base = hash < 0 ? key : key.slice(0, hash)
  return base.slice(base.lastIndexOf(' ') + 1)
}

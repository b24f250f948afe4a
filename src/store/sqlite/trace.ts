import type { DatabaseSync } from 'node:sqlite'
import type { TraceEvent } from '../contract.ts'
import { all, run } from './sql.ts'

/** The life of each incident. */
export interface Trail {
  /** Inside a transaction. */
  add(events: readonly TraceEvent[]): void
  of(incident: string): TraceEvent[]
}

export function createTrail(db: DatabaseSync): Trail {
  const insert = run(db, 'INSERT INTO trace (at, incident, tail, event, fields) VALUES (?, ?, ?, ?, ?)')
  const select = all<{ at: number; incident: string; event: string; fields: string }>(
    db,
    'SELECT at, incident, event, fields FROM trace WHERE tail = ? ORDER BY at, seq',
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
        .map((row) => ({ ...row, fields: JSON.parse(row.fields) as TraceEvent['fields'] })),
  }
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

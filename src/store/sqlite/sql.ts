import type { DatabaseSync } from 'node:sqlite'

export type Value = string | number | Uint8Array | null

/** Prepares once; each call binds and returns the first row. `Row` is what the statement's column list says. */
export function one<Row>(db: DatabaseSync, sql: string): (...values: Value[]) => Row | undefined {
  const statement = db.prepare(sql)
  return (...values) => statement.get(...values) as Row | undefined
}

/** Prepares once; each call binds and returns every row. */
export function all<Row>(db: DatabaseSync, sql: string): (...values: Value[]) => Row[] {
  const statement = db.prepare(sql)
  return (...values) => statement.all(...values) as Row[]
}

/** Prepares once; each call binds, runs and returns how many rows it changed. */
export function run(db: DatabaseSync, sql: string): (...values: Value[]) => number {
  const statement = db.prepare(sql)
  return (...values) => Number(statement.run(...values).changes)
}

/** Prepares once; each call binds, inserts a row and returns its number. */
export function added(db: DatabaseSync, sql: string): (...values: Value[]) => number {
  const statement = db.prepare(sql)
  return (...values) => Number(statement.run(...values).lastInsertRowid)
}

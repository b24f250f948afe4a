import { DatabaseSync } from 'node:sqlite'
import { tally } from '../src/xml/libxml.ts'

/** How often something was asked for, since the process began. */
export interface Counts {
  readonly parses: number
  readonly validations: number
  statements: number
  transactions: number
  /** changed, added and deleted, by the database that was opened last */
  rows: number
}

/** Counts what SQLite is asked for in this process from now on. Prepare statements behind this. */
export function countAll(): Counts {
  const counts = {
    get parses() {
      return tally.parses
    },
    get validations() {
      return tally.validations
    },
    statements: 0,
    transactions: 0,
    rows: 0,
  }
  const { prepare, exec } = DatabaseSync.prototype
  const changes = new WeakMap<DatabaseSync, ReturnType<DatabaseSync['prepare']>>()
  DatabaseSync.prototype.prepare = function (...args) {
    const statement = prepare.apply(this, args)
    for (const way of ['get', 'all', 'run', 'iterate'] as const) {
      const ask = statement[way] as (...values: never[]) => never
      Object.assign(statement, {
        [way](...values: never[]) {
          counts.statements += 1
          return ask.apply(statement, values)
        },
      })
    }
    return statement
  }
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql)
    if (sql !== 'COMMIT') return
    counts.transactions += 1
    const total = changes.get(this) ?? prepare.call(this, 'SELECT total_changes() AS n')
    changes.set(this, total)
    counts.rows = (total.get() as { n: number }).n
  }
  return counts
}

import { DatabaseSync } from 'node:sqlite'
import { XmlDocument, XsdValidator } from 'libxml2-wasm'

/** How often something was asked for, since the process began. */
export interface Counts {
  parses: number
  validations: number
  statements: number
  transactions: number
  /** changed, added and deleted, by the database that was opened last */
  rows: number
}

/** Counts what libxml2 and SQLite are asked for in this process from now on. Prepare statements behind this. */
export function countAll(): Counts {
  const counts: Counts = { parses: 0, validations: 0, statements: 0, transactions: 0, rows: 0 }
  const { fromString, fromBuffer } = XmlDocument
  XmlDocument.fromString = (...args) => {
    counts.parses += 1
    return fromString.apply(XmlDocument, args)
  }
  XmlDocument.fromBuffer = (...args) => {
    counts.parses += 1
    return fromBuffer.apply(XmlDocument, args)
  }
  const { validate } = XsdValidator.prototype
  XsdValidator.prototype.validate = function (document) {
    counts.validations += 1
    validate.call(this, document as never)
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

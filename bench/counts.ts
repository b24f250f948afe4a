import { DatabaseSync } from 'node:sqlite'
import { XmlDocument, XsdValidator } from 'libxml2-wasm'

/** How often something was asked for, since the process began. */
export interface Counts {
  parses: number
  validations: number
  statements: number
  transactions: number
}

/** Counts what libxml2 and SQLite are asked for in this process from now on. Prepare statements behind this. */
export function countAll(): Counts {
  const counts: Counts = { parses: 0, validations: 0, statements: 0, transactions: 0 }
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
  DatabaseSync.prototype.prepare = function (...args) {
    const statement = prepare.apply(this, args)
    for (const way of ['get', 'all', 'run'] as const) {
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
    if (sql === 'COMMIT') counts.transactions += 1
    return exec.call(this, sql)
  }
  return counts
}

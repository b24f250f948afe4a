import { existsSync, linkSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import type { Cell, CopiedRow, CopiedTable, CopyTarget } from '../coding/copied-tables.ts'
import { clear, flawsOf, lockOf, ownedLike, sync } from './care.ts'
import { connect } from './connect.ts'
import { copiedRows } from './copy-source.ts'
import { storeFiles, syncFolder } from './data-folder.ts'
import { storeError } from './faults.ts'
import { createIncidents, type Incidents } from './incidents.ts'
import { sameInSql, toKey } from './keys.ts'
import { one, run, type Value } from './sql.ts'

/** A table that is in a file as long as a copy into it is not whole. */
const UNFINISHED = 'unfinished_copy'

/** Columns whose digests are bytes here. */
const KEYS = new Set(['envelope.digest', 'delivery.item', 'delivery.variant', 'delivery.name'])

interface SqliteTarget extends CopyTarget, Disposable {
  /** What is there is a whole store: it stands at its path, durably. */
  finish(): void
  /** What was begun is not what is to be copied: the next try begins from nothing. */
  discard(): void
}

/**
 * A new store at `path`, for its owner alone, to be copied into. Until `finish` it is a file beside that, with which a try after this one
 * goes on, and no gateway starts at `path`. Throws 'store-unavailable' where there is anything at `path`, and as `connect` does.
 */
export function openForCopy(path: string): SqliteTarget {
  const draft = `${path}.unfinished`
  assertNothingAt(path)
  const lock = lockOf(path)
  let db: DatabaseSync
  try {
    assertNothingAt(path)
    const isNew = !existsSync(draft)
    db = connect({ path: draft, create: true, busyMs: 5000 })
    try {
      if (isNew) db.exec(`CREATE TABLE ${UNFINISHED} (one INTEGER) STRICT`)
      assertBegun(db, draft)
    } catch (error) {
      db.close()
      throw error
    }
    for (const file of storeFiles(draft)) if (existsSync(file)) ownedLike(file, dirname(resolve(path)))
  } catch (error) {
    lock[Symbol.dispose]()
    throw storeError(error, draft)
  }
  const incidents = createIncidents(db)
  const inserts = new Map<string, (row: CopiedRow) => void>()
  const close = () => {
    if (db.isOpen) db.close()
  }

  return {
    rows: (table) => copiedRows(db, table),
    async take(table, rows) {
      const insert = inserts.get(table.name) ?? insertInto(db, table, incidents)
      inserts.set(table.name, insert)
      inTransaction(db, incidents, () => {
        for (const row of rows) insert(row)
      })
    },
    finish() {
      inTransaction(db, incidents, () => db.exec(`${SOLE}; DROP TABLE ${UNFINISHED}`))
      try {
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        close()
        const flaws = flawsOf(draft)
        if (flaws.length > 0) throw new GatewayError('store-corrupt', `The copy is not sound: ${flaws[0]}.`)
        sync(draft)
        // not over what somebody put there meanwhile
        linkSync(draft, path)
        rmSync(draft)
        syncFolder(dirname(resolve(path)))
      } catch (error) {
        throw storeError(error, path)
      }
    },
    discard() {
      close()
      clear(draft)
    },
    [Symbol.dispose]() {
      close()
      lock[Symbol.dispose]()
    },
  }
}

function assertNothingAt(path: string): void {
  const there = storeFiles(path).find((file) => existsSync(file))
  if (there === undefined) return
  throw new GatewayError('store-unavailable', `There is a file at ${there} already: nothing is put over it.`)
}

function assertBegun(db: DatabaseSync, draft: string): void {
  const begun = one(db, 'SELECT 1 FROM sqlite_schema WHERE name = ?')(UNFINISHED)
  if (begun !== undefined) return
  throw new GatewayError('store-unavailable', `${draft} is not what a copy began: move it away.`)
}

function inTransaction(db: DatabaseSync, incidents: Incidents, work: () => void): void {
  try {
    db.exec('BEGIN IMMEDIATE')
    work()
    db.exec('COMMIT')
  } catch (error) {
    incidents.forget()
    if (db.isTransaction) db.exec('ROLLBACK')
    throw storeError(error)
  }
}

/** `createNames` has most of them unnamed. */
const SOLE = `UPDATE delivery AS d SET name = '' WHERE name = item AND NOT EXISTS (
  SELECT 1 FROM delivery o WHERE ${sameInSql('o.item', 'd.item')} AND o.destination = d.destination AND o.seq <> d.seq)`

/** Of a row that is not there yet, with what is kept beside it and comes of it. */
function insertInto(db: DatabaseSync, { name, columns }: CopiedTable, incidents: Incidents): (row: CopiedRow) => void {
  if (name === 'payload') return insertPayload(db)
  const sized = name === 'delivery' ? ['size'] : []
  const all = [...columns, ...sized]
  const insert = run(
    db,
    `INSERT INTO ${name} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
  )
  const value = (cell: Cell, column: string): Value => {
    if (column === 'incident' && (name === 'delivery' || name === 'trace')) return incidents.require(String(cell)).id
    return typeof cell === 'string' && KEYS.has(`${name}.${column}`) ? toKey(cell) : cell
  }
  const insertAlso = run(db, 'INSERT INTO delivery_also (incident, delivery) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const [seqAt, alsoAt] = ['seq', 'also'].map((column) => columns.indexOf(column)) as [number, number]
  return (row) => {
    insert(...row.map((cell, n) => value(cell, columns[n]!)), ...sized.map(() => 0))
    if (name !== 'delivery') return
    for (const key of JSON.parse(String(row[alsoAt] ?? '[]')) as string[]) {
      insertAlso(incidents.require(key).id, Number(row[seqAt]))
    }
  }
}

/** What is to be sent stands in the delivery's own row here, and how much that is. */
function insertPayload(db: DatabaseSync): (row: CopiedRow) => void {
  const link = run(
    db,
    `UPDATE delivery SET body = ?2, size = CASE WHEN state = 2 THEN 0 ELSE (SELECT octet_length(text) FROM body WHERE seq = ?2) END
     WHERE seq = ?1`,
  )
  return ([delivery = null, body = null]) => void link(delivery, body)
}

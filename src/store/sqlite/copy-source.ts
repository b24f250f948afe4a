import type { DatabaseSync } from 'node:sqlite'
import { capped } from '../coding/capped.ts'
import type { Cell, CopiedRow, CopiedTable, CopySource } from '../coding/copied-tables.ts'
import { connect } from './connect.ts'
import { storeError } from './faults.ts'
import { lockStore } from './lock.ts'

/** What is read of a table where that is not its columns as they are. */
const FROM: Readonly<Record<string, { readonly from: string; readonly columns: Readonly<Record<string, string>> }>> = {
  delivery: {
    from: 'delivery t JOIN incident i ON i.id = t.incident',
    columns: { incident: 'i.key', name: `CASE WHEN t.name = '' THEN t.item ELSE t.name END` },
  },
  payload: { from: 'delivery t', columns: { delivery: 't.seq', body: 't.body' } },
  trace: { from: 'trace t JOIN incident i ON i.id = t.incident', columns: { incident: 'i.key' } },
}

/** Columns that are compared and never shown, and may be absurdly long. */
const CAPPED = new Set(['delivery.origin', 'seen.item', 'trace_share.source'])

/** characters, and rows, of a piece */
const ENOUGH = 4_000_000
const MOST = 500

interface SqliteSource extends CopySource, Disposable {}

/** The store at `path`, to be copied from: while no gateway runs on it, and none starts meanwhile. Throws as `connect` does. */
export function openForCopy(path: string): SqliteSource {
  const lock = lockStore(path)
  let db: DatabaseSync
  try {
    db = connect({ path, create: false, busyMs: 5000 })
  } catch (error) {
    lock[Symbol.dispose]()
    throw storeError(error)
  }
  return {
    rows: (table) => copiedRows(db, table),
    [Symbol.dispose]() {
      db.close()
      lock[Symbol.dispose]()
    },
  }
}

/** All of a table, in pieces. */
export async function* copiedRows(
  db: DatabaseSync,
  { name, columns }: CopiedTable,
): AsyncGenerator<readonly CopiedRow[]> {
  const { from = `${name} t`, columns: own = {} } = FROM[name] ?? {}
  const selected = columns.map((column) => `${own[column] ?? `t.${column}`} AS c_${column}`)
  const where = name === 'payload' ? 'WHERE t.body IS NOT NULL' : ''
  const text = `SELECT ${selected.join(', ')} FROM ${from} ${where}`
  let piece: CopiedRow[] = []
  let size = 0
  for (const row of db.prepare(text).iterate()) {
    const cells = columns.map((column) => cellOf(row[`c_${column}`], `${name}.${column}`))
    piece.push(cells)
    for (const cell of cells) size += typeof cell === 'string' ? cell.length : 8
    if (piece.length < MOST && size < ENOUGH) continue
    yield piece
    piece = []
    size = 0
  }
  if (piece.length > 0) yield piece
}

function cellOf(value: unknown, column: string): Cell {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
  if (typeof value === 'string' && CAPPED.has(column)) return capped(value)
  return value as Cell
}

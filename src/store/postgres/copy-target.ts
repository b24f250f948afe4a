import { GatewayError } from '../../errors.ts'
import { searchWord } from '../../iodef/incident-id.ts'
import { capped, lineOf } from '../coding/capped.ts'
import type { Cell, CopiedRow, CopyTarget } from '../coding/copied-tables.ts'
import { asked, inTransaction, openSessions, type Place, quoted } from './connect.ts'
import { type ColumnTypes, columnTypes, copiedRows } from './copied-rows.ts'
import { storeError } from './faults.ts'
import { wordsOf } from './insert.ts'
import { migrate, UNFINISHED } from './migrate.ts'
import { TYPES } from './types.ts'

/** What is kept beside what is copied, and comes of it. */
const MADE: Readonly<Record<string, Readonly<Record<string, (of: (column: string) => Cell) => Cell>>>> = {
  delivery: {
    line: (of) => lineOf(String(of('incident')), String(of('origin'))),
    words: (of) => wordList([String(of('incident')), ...(JSON.parse(String(of('also') ?? '[]')) as string[])]),
    // nobody's: the next gateway takes it up
    owner: (of) => (of('state') === 1 ? 'copied' : null),
  },
  trace: { tail: (of) => capped(searchWord(String(of('incident')))) },
  exchange: { words: (of) => wordList([String(of('incident'))]) },
  record: { key: (of) => capped(String(of('item'))) },
}

/** Tables that give out numbers by themselves. */
const NUMBERED = [
  ['destination', 'id'],
  ['trace', 'seq'],
] as const

interface PostgresTarget extends CopyTarget, AsyncDisposable {
  /** What is there is a whole store: gateways may have it. */
  finish(): Promise<void>
}

/**
 * A store to be copied into: it must be empty, or be what an earlier copy began. No gateway starts on it before `finish`. Rejects as
 * `migrate` does, and with 'store-unavailable' where there is something of its own in it.
 */
export async function openForCopy(place: Place): Promise<PostgresTarget> {
  await migrate(place, { create: true, unfinished: true })
  const sessions = openSessions(place, { name: 'copy', sessions: 2 })
  let types: ColumnTypes = new Map()
  try {
    await inTransaction(sessions, async (tx) => {
      const [there] = await tx.unsafe<{ begun: boolean; empty: boolean }[]>(
        `SELECT to_regclass($1) IS NOT NULL AS begun, NOT EXISTS (SELECT 1 FROM envelope) AND NOT EXISTS (SELECT 1 FROM seen)
           AND NOT EXISTS (SELECT 1 FROM instance) AS empty`,
        [`${quoted(place.schema)}.${UNFINISHED}`],
      )
      if (there?.begun !== true && there?.empty !== true) {
        throw new GatewayError(
          'store-unavailable',
          `The schema ${place.schema} holds a store already: nothing is put into it.`,
        )
      }
      await tx.unsafe(`CREATE TABLE IF NOT EXISTS ${UNFINISHED} ()`)
      types = await columnTypes(tx, place.schema)
    })
  } catch (error) {
    await sessions.sql.end({ timeout: 1 })
    throw storeError(error)
  }

  return {
    rows: (table) => copiedRows(sessions.sql, types, table),
    async take({ name, columns }, rows) {
      const made = Object.entries(MADE[name] ?? {})
      const all = [...columns, ...made.map(([column]) => column)]
      const values = all.map((_, n) => {
        const make = made[n - columns.length]?.[1]
        const of = (row: CopiedRow) => (make ? make((one) => row[columns.indexOf(one)] ?? null) : (row[n] ?? null))
        return rows.map(of).map((cell) => (cell === null ? null : String(cell)))
      })
      const typed = all.map((column, n) => `c${n}::${types.get(`${name}.${column}`)}`)
      const text = `INSERT INTO ${name} (${all.join(', ')}) OVERRIDING SYSTEM VALUE
        SELECT ${typed.join(', ')} FROM unnest(${all.map((_, n) => `$${n + 1}::text[]`).join(', ')}) AS u (${all.map((_, n) => `c${n}`).join(', ')})
        ON CONFLICT DO NOTHING`
      await inTransaction(sessions, (tx) => asked(tx, text, values))
    },
    async finish() {
      await inTransaction(sessions, async (tx) => {
        for (const [table, column] of NUMBERED) {
          await tx.unsafe(
            `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), coalesce((SELECT max(${column}) FROM ${table}), 0) + 1)`,
          )
        }
        await tx.unsafe(
          `SELECT setval('key', greatest(1, (SELECT max(seq) FROM envelope), (SELECT max(seq) FROM delivery),
             (SELECT max(seq) FROM exchange), (SELECT max(seq) FROM record), (SELECT max(seq) FROM body)))`,
        )
        await tx.unsafe(`DROP TABLE ${UNFINISHED}`)
      })
    },
    [Symbol.asyncDispose]: () => sessions.sql.end({ timeout: 1 }),
  }
}

function wordList(incidents: readonly string[]): string {
  return TYPES.texts.serialize(wordsOf(incidents))
}

import type postgres from 'postgres'
import type { Cell, CopiedRow, CopiedTable } from '../coding/copied-tables.ts'

/** Of `TABLE.COLUMN`, as the server calls it. */
export type ColumnTypes = ReadonlyMap<string, string>

export async function columnTypes(sql: postgres.ISql, schema: string): Promise<ColumnTypes> {
  const columns = await sql.unsafe<{ name: string; type: string }[]>(
    `SELECT table_name || '.' || column_name AS name, CASE data_type WHEN 'ARRAY' THEN 'text[]' ELSE data_type END AS type
     FROM information_schema.columns WHERE table_schema = $1`,
    [schema],
  )
  return new Map(columns.map(({ name, type }) => [name, type]))
}

/** rows of a piece; a body may be as large as a message */
const MANY = 200
const FEW = 10
const BODIES = new Set(['body', 'answer', 'record_body', 'exchange'])

/** All of a table, in pieces. */
export async function* copiedRows(
  sql: postgres.ISql,
  types: ColumnTypes,
  { name, columns }: CopiedTable,
): AsyncGenerator<readonly CopiedRow[]> {
  const isFlag = (column: string) => types.get(`${name}.${column}`) === 'boolean'
  const selected = columns.map((column) => (isFlag(column) ? `${column}::integer AS ${column}` : column))
  const text = `SELECT ${selected.join(', ')} FROM ${name}`
  const size = BODIES.has(name) ? FEW : MANY
  for await (const rows of sql.unsafe<Record<string, Cell>[]>(text, [], { prepare: true }).cursor(size)) {
    yield rows.map((row) => columns.map((column) => row[column] ?? null))
  }
}

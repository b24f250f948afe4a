/** What PostgreSQL takes and gives: bigint as a number, since all of ours are whole and below 2^53 (connect.ts). */
export type Value = string | number | boolean | null | readonly (string | null)[] | readonly (number | null)[]

/** Rows, and how many a statement changed. */
export interface Rows<Row> extends ReadonlyArray<Row> {
  readonly count: number
}

/** Where statements go: the transaction that is open (writer.ts), or one of the connections for reading (reader.ts). */
export interface Db {
  /** `once`: put together for one question, and not prepared */
  query<Row>(text: string, values: readonly Value[], once?: boolean): Promise<Rows<Row>>
}

/** Prepared once in each session, by its text; each call resolves with the first row. `Row` is what the statement's column list says. */
export function one<Row>(db: Db, text: string): (...values: Value[]) => Promise<Row | undefined> {
  return async (...values) => (await db.query<Row>(text, values))[0]
}

/** As `one`, with every row. */
export function all<Row>(db: Db, text: string): (...values: Value[]) => Promise<readonly Row[]> {
  // the library has an array of its own kind
  return async (...values) => Array.from(await db.query<Row>(text, values))
}

/** As `one`, with how many rows it changed. */
export function run(db: Db, text: string): (...values: Value[]) => Promise<number> {
  return async (...values) => (await db.query(text, values)).count
}

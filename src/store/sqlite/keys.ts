import type { Value } from './sql.ts'

const DIGEST = /^[0-9a-f]{64}$/

/** How a digest is written in the tables: as bytes, which is half of its hex. Anything else stays the text that it is. */
export function toKey(text: string): Value {
  return DIGEST.test(text) ? Buffer.from(text, 'hex') : text
}

/** What `toKey` made it of. */
export function fromKey(key: string | Uint8Array): string {
  return typeof key === 'string' ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('hex')
}

/** `toKey` in SQL, of a value there. */
export function keyInSql(value: string): string {
  return `CASE WHEN length(${value}) = 64 AND ${value} NOT GLOB '*[^0-9a-f]*' THEN unhex(${value}) ELSE ${value} END`
}

/** bytes of a digest by which an index finds it */
const SHORT = 8

/** By what an index finds a key. Of text, which may all begin the same, it is all of it. */
export function shortInSql(key: string): string {
  return `CASE typeof(${key}) WHEN 'blob' THEN substr(${key}, 1, ${SHORT}) ELSE ${key} END`
}

/** Are they the same? Found by the index over `shortInSql` of the column. `value` stands there twice: a numbered one. */
export function sameInSql(column: string, value: string): string {
  return `${shortInSql(column)} = ${shortInSql(value)} AND ${column} = ${value}`
}

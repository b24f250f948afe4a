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

/** How values are written for the server: by the numbers that it has for their types (pg_type). */

type Entry = string | number | null

/** All of ours are whole, and below 2^53; who asks for what was never, asks from Infinity on. */
function bigint(value: number | string): string {
  if (Number.isFinite(Number(value))) return String(value)
  return Number(value) > 0 ? '9223372036854775807' : '-9223372036854775808'
}

/** PostgreSQL, "Array Input and Output Syntax" */
function list(entry: (value: number | string) => string) {
  return (values: readonly Entry[]) =>
    `{${values.map((value) => (value === null ? 'NULL' : quote(entry(value)))).join()}}`
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

const written = (to: number, serialize: (values: readonly Entry[]) => string) => ({
  to,
  from: [] as number[],
  serialize,
  parse: String,
})

export const TYPES = {
  bigint: { to: 20, from: [20], parse: Number, serialize: bigint },
  bigints: written(1016, list(bigint)),
  smallints: written(1005, list(String)),
  integers: written(1007, list(String)),
  texts: written(1009, list(String)),
}

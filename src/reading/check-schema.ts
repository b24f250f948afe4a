import { schemaWords } from '../iodef/schema-words.ts'
import { validateText } from '../xml/foreign-content.ts'
import type { Schema } from '../xml/libxml.ts'
import { locate } from '../xml/locate.ts'
import { claimedIncidents } from './claimed-incidents.ts'
import type { Recognized } from './format.ts'
import { type Refused, refused } from './inspection.ts'
import type { WellFormed } from './well-formed.ts'

/** The step `schema`: why it is not valid by the schema of its format, with places in our tree and what would be right; undefined when it is. */
export function checkSchema(
  schemas: ReadonlyMap<string, Schema>,
  { text, root, parsed }: WellFormed,
  { format, schema: name }: Recognized,
): Refused | undefined {
  const schema = schemas.get(name)
  if (schema === undefined) throw new Error(`schema ${name} is not loaded`)
  const { errors, total } = validateText(text, root, parsed, schema, { adopted: format === 'XEP-0268' })
  if (total === 0) return undefined
  const placed = errors.map((error) => schemaWords(error, locate(root, error.path)))
  const claimed = claimedIncidents(root)
  return { ok: false, refused: { ...refused(format, root, placed, total), claimed } }
}

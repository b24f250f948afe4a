import type { Schema } from '../xml/libxml.ts'
import { checkText } from './check-text.ts'
import { decodeDocument } from './decode-document.ts'
import { type Inspection, inDoubt, type ReadOptions } from './inspection.ts'
import { readItem } from './read-item.ts'
import { readChecked } from './read-text.ts'
import { withinLimits } from './within-limits.ts'

/**
 * Reads one document from a stranger's bytes, step by step, each in a file of its own: decode; well-formed, format, schema, facts,
 * rules (checkText); describe, carry (readChecked). What an item holds is read again, as a document of its own. Never throws for what
 * the bytes hold.
 */
export function readDocument(
  schemas: ReadonlyMap<string, Schema>,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Inspection {
  const decoded = decodeDocument(bytes, options.charset)
  if (!decoded.ok) return decoded.refused
  const inspection = withinLimits(() => {
    const checked = checkText(schemas, decoded.text, options)
    if (!checked.ok) return checked.refused
    return checked.format === 'XEP-0268' ? readItem(schemas, checked, options) : readChecked(schemas, checked, options)
  })
  return decoded.warning === undefined ? inspection : inDoubt(inspection, decoded.warning)
}

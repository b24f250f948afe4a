import type { Schema } from '../xml/libxml.ts'
import { checkMessage } from './check-message.ts'
import { checkText } from './check-text.ts'
import { decodeDocument } from './decode-document.ts'
import { type Inspection, inDoubt, type ReadOptions, shortened } from './inspection.ts'
import { readItem } from './read-item.ts'
import { readChecked } from './read-text.ts'
import { withinLimits } from './within-limits.ts'

/**
 * Reads one document from a stranger's bytes, step by step, each in a file of its own: decode; well-formed, format, schema, facts,
 * rules (checkText); message (checkMessage); describe, carry (readChecked). What an item holds is read again, as a document of its own. Never throws for what
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
    const valid = checkText(schemas, decoded.text, options)
    if (!valid.ok) return valid.refused
    if (valid.format === 'XEP-0268') return readItem(schemas, valid, options)
    const checked = checkMessage(valid, options)
    const read = readChecked(schemas, checked, options)
    return checked.improper.length === 0 ? read : { ...read, improper: shortened(checked.improper) }
  })
  return decoded.warning === undefined ? inspection : inDoubt(inspection, decoded.warning)
}

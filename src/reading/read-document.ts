import { isBroken, isLaidOut } from '../xml/layout.ts'
import type { Schema } from '../xml/libxml.ts'
import { BLANKS_COUNT } from '../xml/native-tree.ts'
import type { Diagnostic } from '../xml/tree.ts'
import { checkMessage } from './check-message.ts'
import { type Checked, checkParsed } from './check-text.ts'
import { claimedIncidents } from './claimed-incidents.ts'
import { completeInquiry } from './complete-inquiry.ts'
import { decodeDocument } from './decode-document.ts'
import type { Form } from './describe.ts'
import { type Inspection, inDoubt, type ReadOptions, refused, shortened } from './inspection.ts'
import { readPlainDocument } from './plain-document.ts'
import { readPlainItem } from './plain-item.ts'
import { readItem } from './read-item.ts'
import { readChecked } from './read-text.ts'
import { repair } from './repair.ts'
import { parsedText } from './well-formed.ts'
import { wholeOf } from './whole-document.ts'
import { withinLimits } from './within-limits.ts'

/**
 * Reads one document from a stranger's bytes, step by step, each in a file of its own: decode; well-formed, format, schema, facts,
 * rules (checkText); message (checkMessage); describe, carry (readChecked); repair, where all that has failed. What an item holds is read again, as a document of its own. Never throws for what
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
    const came = options.question === true ? completeInquiry(decoded.text) : decoded.text
    const read = (text: string) => readDecoded(schemas, text, options, text === decoded.text ? decoded.utf8 : undefined)
    return repair(schemas, came, read(came), options, read)
  })
  return decoded.warning === undefined ? inspection : inDoubt(inspection, decoded.warning)
}

function readDecoded(
  schemas: ReadonlyMap<string, Schema>,
  text: string,
  options: ReadOptions,
  utf8?: Uint8Array,
  blanks = options.careful === true || !isLaidOut(text),
): Inspection {
  const parsed = parsedText(text, utf8, blanks)
  if (!parsed.ok) return parsed.refused
  using _ = parsed
  try {
    const plain =
      readPlainDocument(schemas, parsed, options, (checked, form) => readValid(schemas, checked, options, form)) ??
      readPlainItem(schemas, parsed, options)
    if (plain !== undefined) return plain
    if (!blanks && isBroken(text)) throw BLANKS_COUNT
  } catch (error) {
    if (error !== BLANKS_COUNT) throw error
    return readDecoded(schemas, text, options, utf8, true)
  }
  const valid = checkParsed(schemas, parsed, options)
  if (!valid.ok) return valid.refused
  if (valid.format === 'XEP-0268') return readItem(schemas, valid, options)
  const whole = options.asItStands === true ? undefined : wholeOf(schemas, valid, options)
  if (whole?.kind === 'contradiction') return contradicted(valid, whole.error)
  const read = readValid(schemas, whole?.kind === 'back' ? whole.checked : valid, options)
  if (whole === undefined) return read
  return { ...read, format: valid.format, remarks: [...read.remarks, WHOLE[whole.kind]] }
}

function readValid(
  schemas: ReadonlyMap<string, Schema>,
  valid: Checked,
  options: ReadOptions,
  form?: Form,
): Inspection {
  const checked = checkMessage(valid, options)
  const read = readChecked(schemas, checked, options, form)
  return checked.improper.length === 0 ? read : { ...read, improper: shortened(checked.improper) }
}

/** What the log says of an IODEF 1 document with a whole document in it. */
const WHOLE = {
  back: 'It is IODEF 1, made of the IODEF 2 document that travels along in it: that one counts.',
  changed:
    'It is IODEF 1, and not what the IODEF 2 document that travels along in it would be: it counts as it stands.',
} as const

function contradicted({ format, root, facts, warnings }: Checked, error: Diagnostic): Inspection {
  return { ...refused(format, root, [error], 1, warnings), claimed: claimedIncidents(facts.incidents) }
}

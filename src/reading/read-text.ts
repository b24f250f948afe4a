import { contentModel } from '../iodef/content-model.ts'
import { pathOf } from '../iodef/path.ts'
import { type RidReading, readRid, signatureElements } from '../rid/message.ts'
import type { Schema } from '../xml/libxml.ts'
import { normalForm } from '../xml/normal-form.ts'
import { carry } from './carry.ts'
import { type Checked, checkParsed } from './check-text.ts'
import { describe, type Form } from './describe.ts'
import { type Inspection, inspectionOf, type ReadOptions } from './inspection.ts'
import { asItCame, oldFormOf } from './old-form.ts'
import { readPlainDocument } from './plain-document.ts'
import { sourceText } from './source-text.ts'
import { upgradedText, upgradeOf } from './upgraded-document.ts'
import { parsedText } from './well-formed.ts'
import { withinLimits } from './within-limits.ts'

/** Reads a text again, as a document (or RID message) of its own: what an item or an upgrade is judged by. */
export function readText(schemas: ReadonlyMap<string, Schema>, text: string, options: ReadOptions): Inspection {
  return withinLimits(() => {
    const parsed = parsedText(text)
    if (!parsed.ok) return parsed.refused
    using _ = parsed
    const plain = readPlainDocument(schemas, parsed, options, (checked, form) =>
      readChecked(schemas, checked, options, form),
    )
    if (plain !== undefined) return plain
    const checked = checkParsed(schemas, parsed, options)
    return checked.ok ? readChecked(schemas, checked, options) : checked.refused
  })
}

/** The steps behind the last one that may refuse: describe, carry, and of IODEF 1 the upgrade. An item has no document yet. */
export function readChecked(
  schemas: ReadonlyMap<string, Schema>,
  checked: Checked,
  options: ReadOptions,
  form?: Form,
): Inspection {
  const { part, careful } = options
  const { document, facts } = checked
  const message = checked.format === 'RID' ? readMessage(checked) : null
  if (document === undefined) return inspectionOf(checked, { rid: message, item: null, document: null })
  const terms = options.terms === true || message?.msgType === 'Query'
  const described = describe(document, facts, terms, form)
  const { rid, ...carried } = carry(schemas, checked, document, described, message)
  const path = message?.msgType?.endsWith('Request') === true ? pathOf(document) : []
  const reading = { ...described, ...carried, ...(path.length > 0 && { path }), upgraded: null }
  const { old = false } = options
  if (reading.version === 2) {
    const signed = (rid?.signatures.length ?? 0) > 0
    const form = old ? { old: oldFormOf(schemas, reading, signed) } : {}
    return inspectionOf(checked, { rid, item: null, document: { ...reading, ...form } })
  }
  const passed = { terms, ...(part !== undefined && { part }), ...(careful !== undefined && { careful }) }
  const upgrade = readText(schemas, upgradedText(document), passed)
  const upgraded = upgradeOf(reading, upgrade)
  const published =
    old && !('invalid' in upgraded) ? { ...upgraded, old: asItCame(reading, upgraded, document) } : upgraded
  return inspectionOf(checked, { rid, item: null, document: { ...reading, upgraded: published } })
}

function readMessage({ text, root }: Checked): RidReading {
  const signatures = signatureElements(root).flatMap(
    (element) => sourceText(text, root, element, normalForm(element, contentModel)) ?? [],
  )
  return readRid(root, signatures)
}

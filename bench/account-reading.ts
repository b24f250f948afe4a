import { deserialize, serialize } from 'node:v8'
import { contentModel } from '../src/iodef/content-model.ts'
import { applyRules } from '../src/reading/apply-rules.ts'
import { checkSchema } from '../src/reading/check-schema.ts'
import { checkText } from '../src/reading/check-text.ts'
import { decodeDocument } from '../src/reading/decode-document.ts'
import { factsOf } from '../src/reading/facts.ts'
import { recognize } from '../src/reading/format.ts'
import { packed, unpacked } from '../src/reading/in-transit.ts'
import { readPlainDocument } from '../src/reading/plain-document.ts'
import { readDocument } from '../src/reading/read-document.ts'
import { readChecked } from '../src/reading/read-text.ts'
import { wellFormed } from '../src/reading/well-formed.ts'
import { findDoctype } from '../src/xml/doctype.ts'
import { parseBytes } from '../src/xml/libxml.ts'
import { normalForm } from '../src/xml/normal-form.ts'
import { scan } from '../src/xml/parse-tree.ts'
import { schemas } from '../test/support/documents.ts'
import type { Counts } from './counts.ts'
import { type Column, timed } from './timed.ts'

/** What reading a report costs in a reader thread: each stage alone, and all of it, in one walk and step by step. */
export function readingOf(text: string, column: Column, counts: Counts): void {
  const bytes = Buffer.from(text)
  const time = (name: string, work: () => unknown) => column.set(name, timed(work, bytes.length))
  const rid = schemas()
  const formed = wellFormed(text)
  const checked = checkText(rid, text, {})
  if (!formed.ok || !checked.ok || checked.document === undefined) throw new Error('the document is not valid')
  using parsed = formed
  const recognized = recognize(parsed.root)
  const plain = readPlainDocument(rid, parsed, {}, (checked, form) => ({ checked, form }))
  if (!recognized.ok || plain === undefined) throw new Error('no plain RID message')
  const { document, facts } = checked
  time('reader: decode', () => decodeDocument(bytes, undefined))
  time('reader: look for a DTD', () => findDoctype(text))
  time('reader: parse, and free (libxml2)', () => {
    const outcome = parseBytes(bytes, text)
    if (outcome.ok) outcome.document.dispose()
  })
  time('reader: schema (libxml2)', () => {
    parsed.parsed.validity = undefined
    return checkSchema(rid, parsed, recognized)
  })
  time('reader: the walk (facts, normal form, SHA-256), rules', () => readPlainDocument(rid, parsed, {}, () => true))
  time('reader: describe, message, carry', () => readChecked(rid, plain.checked, {}, plain.form))
  const { parses, validations } = counts
  const inspection = readDocument(rid, bytes)
  column.set('count: parses', counts.parses - parses).set('count: validations', counts.validations - validations)
  time('reader: all of readDocument', () => readDocument(rid, bytes))
  time('step by step: tree', () => scan(text))
  time('step by step: facts (walk 1)', () => factsOf(parsed.root, document))
  time('step by step: rules (walk 2)', () => applyRules(parsed.root, recognized, facts, {}))
  time('step by step: normal form (walk 3)', () => normalForm(document, contentModel))
  time('step by step: all of readDocument', () => readDocument(rid, bytes, { careful: true }))
  time('threads: bytes in, copied and read', () => deserialize(serialize({ bytes })))
  time('threads: Inspection out, copied and read', () => unpacked(deserialize(serialize(packed(inspection)))))
  column.set('count: bytes copied to a thread', serialize({ bytes }).length)
  column.set('count: bytes copied from a thread', serialize(packed(inspection)).length)
}

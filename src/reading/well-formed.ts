import { findDoctype } from '../xml/doctype.ts'
import { type ParsedDocument, parseText } from '../xml/libxml.ts'
import { scan } from '../xml/parse-tree.ts'
import type { XmlElement } from '../xml/tree.ts'
import { type Refused, refused } from './inspection.ts'

export interface WellFormed extends Disposable {
  readonly ok: true
  readonly text: string
  readonly root: XmlElement
  /** as libxml2 has it, until it is disposed of */
  readonly parsed: ParsedDocument
}

/** The step `well-formed`: XML with namespaces and without a DTD, once as our tree and once as libxml2's. Throws DocumentLimit. */
export function wellFormed(text: string): WellFormed | Refused {
  const doctype = findDoctype(text)
  if (doctype !== undefined) return { ok: false, refused: refused('unknown', null, [doctype], 1) }
  const outcome = parseText(text)
  if (!outcome.ok) return { ok: false, refused: refused('unknown', null, outcome.errors, outcome.total) }
  const parsed = outcome.document
  try {
    return { ok: true, text, root: scan(text), parsed, [Symbol.dispose]: () => parsed.dispose() }
  } catch (error) {
    parsed.dispose()
    throw error
  }
}

import { findDoctype } from '../xml/doctype.ts'
import { type ParsedDocument, parseBytes } from '../xml/libxml.ts'
import { NotWellFormed, scan } from '../xml/parse-tree.ts'
import type { XmlElement } from '../xml/tree.ts'
import { type Refused, refused } from './inspection.ts'

/** A text as libxml2 has it, until it is disposed of. */
export interface Parsed extends Disposable {
  readonly ok: true
  readonly text: string
  readonly parsed: ParsedDocument
}

export interface WellFormed extends Parsed {
  readonly root: XmlElement
}

/** The step `well-formed`: XML with namespaces and without a DTD, once as our tree and once as libxml2's. Throws DocumentLimit. */
export function wellFormed(text: string): WellFormed | Refused {
  const parsed = parsedText(text)
  return parsed.ok ? withTree(parsed) : parsed
}

/** Its first half: libxml2's tree. `utf8`: the same text in bytes, where they are at hand. `blanks`: as parseBytes has them. */
export function parsedText(text: string, utf8: Uint8Array = Buffer.from(text), blanks = true): Parsed | Refused {
  const doctype = findDoctype(text)
  if (doctype !== undefined) return { ok: false, refused: refused('unknown', null, [doctype], 1) }
  const outcome = parseBytes(utf8, text, blanks)
  if (!outcome.ok) return { ok: false, refused: refused('unknown', null, outcome.errors, outcome.total) }
  const parsed = outcome.document
  return { ok: true, text, parsed, [Symbol.dispose]: () => parsed.dispose() }
}

/** The other half: our tree. Disposes of libxml2's where there is none. */
export function withTree(parsed: Parsed): WellFormed | Refused {
  try {
    return { ...parsed, root: scan(parsed.text) }
  } catch (error) {
    parsed[Symbol.dispose]()
    if (error instanceof NotWellFormed) return { ok: false, refused: refused('unknown', null, [error.at], 1) }
    throw error
  }
}

import type { Schema } from '../xml/libxml.ts'
import type { Diagnostic, XmlElement } from '../xml/tree.ts'
import { applyRules } from './apply-rules.ts'
import { checkSchema } from './check-schema.ts'
import { type Facts, factsOf } from './facts.ts'
import { type Recognized, recognize } from './format.ts'
import type { ReadOptions, Refused } from './inspection.ts'
import { type Parsed, parsedText, withTree } from './well-formed.ts'

/** A valid text, and what was found in it. */
export interface Checked extends Pick<Recognized, 'ok' | 'format' | 'document'> {
  readonly text: string
  readonly root: XmlElement
  readonly facts: Facts
  readonly warnings: readonly Diagnostic[]
}

/** The steps that may refuse a text: well-formed, format, schema, facts, rules. Throws DocumentLimit. */
export function checkText(schemas: ReadonlyMap<string, Schema>, text: string, options: ReadOptions): Checked | Refused {
  const parsed = parsedText(text)
  if (!parsed.ok) return parsed
  using _ = parsed
  return checkParsed(schemas, parsed, options)
}

/** The same of what libxml2 has parsed already. */
export function checkParsed(
  schemas: ReadonlyMap<string, Schema>,
  parsed: Parsed,
  options: ReadOptions,
): Checked | Refused {
  const formed = withTree(parsed)
  if (!formed.ok) return formed
  const { text, root } = formed
  const recognized = recognize(root)
  if (!recognized.ok) return recognized
  const broken = checkSchema(schemas, formed, recognized)
  if (broken !== undefined) return broken
  const { format, document } = recognized
  const facts = factsOf(root, format === 'XEP-0268' ? root : document, options)
  const judged = applyRules(root, recognized, facts, options)
  if (!judged.ok) return judged
  return { ok: true, text, root, format, document, facts, warnings: judged.warnings }
}

import { withoutDoctype } from '../xml/doctype.ts'
import { extract } from '../xml/extract.ts'
import { readAlone } from '../xml/foreign-content.ts'
import type { Schema } from '../xml/libxml.ts'
import { DocumentLimit } from '../xml/limits.ts'
import { elements, findIn, type XmlElement } from '../xml/tree.ts'
import type { DocumentReading } from './document.ts'
import { type Inspection, type ReadOptions, shortened } from './inspection.ts'
import { REPAIRS, type RepairName } from './repair-table.ts'
import { repairText } from './repair-text.ts'
import { wellFormed } from './well-formed.ts'

/**
 * The step `repair` (docs/decisions/0017), of a text that cannot be used as it came: repaired and read again as if it had come so, where
 * that makes it one that can. Without `lenient` the refusal says which repairs would do. What is in order is not looked at.
 */
export function repair(
  schemas: ReadonlyMap<string, Schema>,
  text: string,
  came: Inspection,
  { lenient }: ReadOptions,
  read: (text: string) => Inspection,
): Inspection {
  if (lenient === undefined || isUsable(came)) return came
  try {
    const repaired = repairText(schemas, text)
    if (repaired === undefined) return came
    const again = read(repaired.text)
    if (!isUsable(again)) return came
    if (!lenient) return { ...came, repairable: repaired.repairs }
    return marked(again, repaired.repairs, asItCame(text, repaired.text))
  } catch (error) {
    // repaired it would be longer than it may be
    if (error instanceof DocumentLimit) return came
    throw error
  }
}

/** A RID message may be valid, and hold what nobody can read. */
function isUsable({ valid, document, rid }: Inspection): boolean {
  return valid && (document !== null || rid?.hasPayload !== true)
}

function marked(inspection: Inspection, repairs: readonly RepairName[], came: string | undefined): Inspection {
  const { document, warnings, remarks } = inspection
  const told = repairs.map((name) => ({ line: 1, column: 1, message: `Repaired (${name}): ${REPAIRS[name]}.` }))
  return {
    ...inspection,
    repairs,
    warnings: shortened([...told, ...warnings]),
    remarks: [`Repaired: ${repairs.join(', ')}.`, ...remarks],
    document: document === null || came === undefined ? document : withOriginal(document, came),
  }
}

function withOriginal(document: DocumentReading, came: string): DocumentReading {
  const { upgraded } = document
  if (upgraded === null || 'invalid' in upgraded) return { ...document, came }
  return { ...document, came, upgraded: { ...upgraded, came } }
}

/** The document, or item, in the text as it came; undefined where the repairs have not touched it. */
function asItCame(text: string, repaired: string): string | undefined {
  const before = documentIn(text)
  return before === documentIn(repaired) ? undefined : before
}

function documentIn(written: string): string | undefined {
  // it stands before the root, and so outside
  const text = withoutDoctype(written)
  const formed = wellFormed(text)
  if (!formed.ok) return undefined
  using _ = formed
  const document = documentElement(formed.root)
  return document === undefined
    ? undefined
    : extract(text, formed.root, document, (candidate) => readAlone(candidate) !== undefined)
}

/** Whatever its namespace is said to be. */
function documentElement(root: XmlElement): XmlElement | undefined {
  if (root.local !== 'RID') return root
  const holder = findIn(root, (element) => element.local === 'XMLDocument' && elements(element).length > 0)
  return holder && elements(holder)[0]
}

import { contentModel } from '../iodef/content-model.ts'
import { downgradeDocument } from '../iodef/downgrade.ts'
import type { Schema } from '../xml/libxml.ts'
import { DocumentLimit } from '../xml/limits.ts'
import { normalForm } from '../xml/normal-form.ts'
import { checkText } from './check-text.ts'
import { wholeOf } from './whole-document.ts'

/** An IODEF 2 document as it is sent to who knows only IODEF 1. */
export type Downgraded =
  /** `losses`: by class, or `Class/@attribute`, how many have no place there; they travel in the whole document */
  | { readonly kind: 'downgraded'; readonly xml: string; readonly losses: Readonly<Record<string, number>> }
  | { readonly kind: 'impossible'; readonly reason: string }

/**
 * The text of a valid IODEF 2 document as IODEF 1. What comes out is valid and becomes the same text again where it is taken in: that is tried,
 * so nothing goes out of which there is no way back.
 */
export function downgradedText(schemas: ReadonlyMap<string, Schema>, text: string): Downgraded {
  try {
    const checked = checkText(schemas, text, {})
    if (!checked.ok) return { kind: 'impossible', reason: checked.refused.errors[0]?.message ?? 'it is not valid' }
    if (checked.format !== 'IODEF 2') return { kind: 'impossible', reason: `it is ${checked.format}` }
    const { document, losses } = downgradeDocument(checked.root, text)
    const xml = normalForm(document, contentModel)
    const again = checkText(schemas, xml, {})
    if (!again.ok) return { kind: 'impossible', reason: again.refused.errors[0]?.message ?? 'it would not be valid' }
    const whole = wholeOf(schemas, again, {})
    if (whole?.kind !== 'back' || whole.checked.text !== text) {
      return { kind: 'impossible', reason: 'it would not come back as it was' }
    }
    return { kind: 'downgraded', xml, losses: Object.fromEntries([...losses].toSorted(([a], [b]) => (a < b ? -1 : 1))) }
  } catch (error) {
    if (error instanceof DocumentLimit) return { kind: 'impossible', reason: error.message }
    throw error
  }
}

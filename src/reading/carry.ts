import { carriedPolicy } from '../profile/carried-policy.ts'
import { type RidReading, signatureElements } from '../rid/message.ts'
import type { Schema } from '../xml/libxml.ts'
import type { XmlElement } from '../xml/tree.ts'
import type { Checked } from './check-text.ts'
import type { Described } from './describe.ts'
import type { DocumentReading, Original } from './document.ts'
import { sourceText } from './source-text.ts'
import { validWhenAdopted, validWhenWrapped } from './valid-when-wrapped.ts'

type Carried = Pick<DocumentReading, 'original' | 'fragile' | 'obstacle' | 'misfit'> & {
  readonly rid: RidReading | null
}

/**
 * The step `carry`: how the document gets through items and Brokers unharmed, if it does. `rid` is the message around it; what comes
 * back is that with the policy that speaks for it in an item. Throws DocumentLimit.
 */
export function carry(
  schemas: ReadonlyMap<string, Schema>,
  checked: Checked,
  document: XmlElement,
  described: Described,
  rid: RidReading | null,
): Carried {
  const { fragile, knownAround, needed, carried } = checked.facts
  const { xml, version } = described
  const beside = rid === null ? 0 : signatureElements(checked.root).length
  const source = sourceOf(checked, document, described, beside > 0)
  // a signature whose characters cannot be had on their own would be lost without a word
  const whole =
    (beside === 0 || rid?.signatures.length === beside) && (source !== null || !(checked.facts.signed || beside > 0))
  const policy = rid?.policy == null ? null : carriedPolicy(rid.policy, needed, carried)
  const misfit =
    knownAround && !validWhenWrapped(schemas, described)
      ? 'elements of XEP-0268 or RID in its extension content would not be valid in an item or a RID message'
      : null
  const obstacle = () => {
    if (!whole) return 'its signature would be lost, since what it signs cannot be had on its own'
    if (policy === undefined)
      return 'no restriction of an item says what the RID message around the document is restricted to'
    if (fragile && !validWhenAdopted(schemas, described))
      return 'an element without a namespace in its extension content would not be valid where a Broker gives it the one around it'
    return misfit
  }
  return {
    original: source ?? (fragile ? { text: xml, reason: 'characters', version } : null),
    fragile,
    obstacle: checked.facts.obstacle ?? obstacle(),
    misfit,
    rid: rid && policy ? { ...rid, policy } : rid,
  }
}

/**
 * The characters of a document that would not survive any rewriting: one with an XML Signature in or beside it, or with a name in
 * a value (xsi:type, XPath) that the normal form cannot keep.
 */
function sourceOf(
  { text, root, facts }: Checked,
  document: XmlElement,
  { xml, version }: Described,
  signedBeside: boolean,
): Original | null {
  const signed = signedBeside || facts.signed
  if (!signed && !facts.unsettledType && !facts.namedPrefix) return null
  const source = sourceText(text, root, document, xml)
  return source === undefined ? null : { text: source, reason: signed ? 'signature' : 'characters', version }
}

import { labelOf, type Needed, same, strictest } from '../iodef/restriction.ts'
import type { RidPolicy } from '../rid/message.ts'
import { NS } from '../xml/namespaces.ts'
import { child, elements, type XmlElement } from '../xml/tree.ts'

/**
 * The RIDPolicy that speaks for a whole RID message in an item's context, which has no room for ReportSchema and XMLDocument: what
 * they are restricted to (RFC 6545 §5.1, decision 5) and nothing else of the item says becomes the policy's own restriction.
 * `needed` is what the message needs, `rest` what the item needs without the policy's attributes. Undefined where one attribute
 * cannot say it.
 */
export function carriedPolicy(policy: RidPolicy, needed: Needed, rest: Needed): RidPolicy | undefined {
  // an item is judged by all that stands in it
  const says = (restriction: string | undefined) =>
    same(restriction === undefined ? rest : strictest([rest, [labelOf(restriction)]]), needed)
  if (says(policy.attributes.restriction)) return policy
  const restriction = needed.find(says)
  return restriction === undefined ? undefined : { ...policy, attributes: { ...policy.attributes, restriction } }
}

/** What a context has of a RID message besides its policy's attributes. */
export function carriedElements(message: XmlElement): XmlElement[] {
  const policy = child(message, NS.rid, 'RIDPolicy')
  const source = child(message, NS.rid, 'IncidentSource')
  const parts = policy === undefined ? [] : elements(policy).filter((part) => part.local !== 'ReportSchema')
  return source === undefined ? parts : [...parts, source]
}

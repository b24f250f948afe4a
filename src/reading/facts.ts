import { Identifiers } from '../iodef/identifiers.ts'
import { implausible } from '../iodef/plausibility.ts'
import { askedBy, type Label, type Needed, neededFor } from '../iodef/restriction.ts'
import { toleranceOf } from '../iodef/tolerated.ts'
import { isFragile } from '../profile/broker-limits.ts'
import { obstacleOf } from '../profile/carriable.ts'
import { carriedElements } from '../profile/carried-policy.ts'
import { mentionOf } from '../rid/mentions.ts'
import { NS } from '../xml/namespaces.ts'
import { isUnsettledType } from '../xml/normal-form.ts'
import { type Diagnostic, type Visitor, walk, type XmlElement } from '../xml/tree.ts'
import { isKnownAround } from './valid-when-wrapped.ts'

/** What one look at a tree finds. Only rules and the normal form look at it again. */
export interface Facts {
  /** what has to be allowed before all of it may be shown */
  readonly needed: Needed
  /** the same of the document alone */
  readonly alone: Needed
  /** the same of the document and what an item's context carries of the RID message around it */
  readonly carried: Needed
  /** by label: who asks for it first in all of it */
  readonly askers: ReadonlyMap<Label, XmlElement>
  /** what is taken though the letter of a standard has it otherwise, in all of it: toleranceOf */
  readonly tolerated: readonly Diagnostic[]
  /** what nobody can have meant, of the document: looked for only where it is asked for */
  readonly implausible: readonly Diagnostic[]
  /** all elements of that name in whatever is read, in document order */
  readonly incidents: readonly XmlElement[]
  /** what follows is of the document */
  readonly identifiers: Identifiers
  /** it holds an XML Signature */
  readonly signed: boolean
  /** it holds an xsi:type whose name the normal form cannot keep */
  readonly unsettledType: boolean
  /** it holds, in extension content, a value with a name whose prefix is declared around it: the normal form has no declaration */
  readonly namedPrefix: boolean
  readonly fragile: boolean
  /** the first thing that Brokers would not take or give back, as a clause; null: there is none */
  readonly obstacle: string | null
  /** it holds elements that the schemas of items or of RID messages know */
  readonly knownAround: boolean
  /** which of the elements it holds that RFC 6545 asks for: mentionOf */
  readonly mentioned: ReadonlySet<string>
}

/** Of IODEF itself, in which a colon in a value is a colon. */
function isOwn({ ns }: XmlElement): boolean {
  return ns === NS.iodef2 || ns === NS.iodef1
}

/** The step `facts`, of a valid text. `document`: the IODEF-Document in it, or all of it. */
export function factsOf(
  root: XmlElement,
  document: XmlElement | undefined,
  { advice = false }: { readonly advice?: boolean } = {},
): Facts {
  const asked = { document: new Set<Label>(), context: new Set<Label>(), message: new Set<Label>() }
  const askers = new Map<Label, XmlElement>()
  const tolerated: Diagnostic[] = []
  const odd: Diagnostic[] = []
  const incidents: XmlElement[] = []
  const identifiers = new Identifiers()
  const found = { signed: false, unsettledType: false, namedPrefix: false, fragile: false, knownAround: false }
  let obstacle: string | undefined

  const mentioned = new Set<string>()
  const look = (element: XmlElement, labels: Set<Label>): undefined => {
    const label = askedBy(element)
    if (label !== undefined) labels.add(label)
    if (label !== undefined && !askers.has(label)) askers.set(label, element)
    const message = tolerated.length < MOST ? toleranceOf(element) : undefined
    if (message !== undefined) tolerated.push({ ...placeOf(element), message })
    if (element.local === 'Incident') incidents.push(element)
  }
  let incident: XmlElement | undefined
  // levels above it
  let above = 0
  const inDocument: Visitor = (element, level) => {
    look(element, asked.document)
    if (advice)
      for (const message of implausible(element)) if (odd.length < MOST) odd.push({ ...placeOf(element), message })
    identifiers.look(element, incident)
    found.signed ||= element.ns === NS.ds && element.local === 'Signature'
    found.unsettledType ||= element.attributes.some((a) => isUnsettledType(element, a))
    found.namedPrefix ||= element.namesPrefix === true && !isOwn(element)
    found.fragile ||= isFragile(element)
    obstacle ??= obstacleOf(element, level - above)
    found.knownAround ||= isKnownAround(element)
    const mention = mentionOf(element)
    if (mention !== undefined) mentioned.add(mention)
    return undefined
  }
  const atItsTop: Visitor = (element, level) => {
    incident = element.local === 'Incident' && element.ns === document?.ns ? element : undefined
    inDocument(element, level)
    return inDocument
  }
  const inContext: Visitor = (element) => look(element, asked.context)
  const carried = new Set(root === document ? [] : carriedElements(root))
  walk(root, (element, level) => {
    if (element === document) {
      above = level - 1
      inDocument(element, level)
      return atItsTop
    }
    if (!carried.has(element)) return look(element, asked.message)
    look(element, asked.context)
    return inContext
  })
  return {
    ...found,
    obstacle: obstacle ?? null,
    needed: neededFor(asked.document, asked.context, asked.message),
    alone: neededFor(asked.document),
    carried: neededFor(asked.document, asked.context),
    askers,
    tolerated,
    implausible: odd,
    incidents,
    identifiers,
    mentioned,
  }
}

/** of one document: nobody reads more */
const MOST = 100

function placeOf({ line, column }: XmlElement) {
  return { line, column }
}

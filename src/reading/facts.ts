import { Identifiers } from '../iodef/identifiers.ts'
import { implausible } from '../iodef/plausibility.ts'
import { askedBy, type Label, type Needed, neededFor } from '../iodef/restriction.ts'
import type { Ruled } from '../iodef/rules.ts'
import { toleranceOf } from '../iodef/tolerated.ts'
import { isFragile } from '../profile/broker-limits.ts'
import { obstacleOf } from '../profile/carriable.ts'
import { carriedElements } from '../profile/carried-policy.ts'
import { mentionOf } from '../rid/mentions.ts'
import { NS } from '../xml/namespaces.ts'
import { NOT_PLAIN } from '../xml/native-tree.ts'
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
  /** the elements of it that rules may have something to say of; undefined: nobody knows which those are */
  readonly ruled?: readonly Ruled[]
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
export function isOwn({ ns }: XmlElement): boolean {
  return ns === NS.iodef2 || ns === NS.iodef1
}

/** What elements may say, in bits: whoever knows by names which of it one can say has nobody ask for the rest. */
export const SAYS = { restriction: 1, tolerated: 2, incident: 4, identifier: 8, mention: 16, all: 31 } as const

/** What has to be allowed is counted apart for them. */
type Where = 'document' | 'context' | 'message'

/** Gathers facts, element by element in document order. */
export class FactsFinder {
  readonly #asked = { document: new Set<Label>(), context: new Set<Label>(), message: new Set<Label>() }
  readonly #askers = new Map<Label, XmlElement>()
  readonly #tolerated: Diagnostic[] = []
  readonly #odd: Diagnostic[] = []
  readonly #incidents: XmlElement[] = []
  readonly #identifiers = new Identifiers()
  readonly #mentioned = new Set<string>()
  readonly #found = { signed: false, unsettledType: false, namedPrefix: false, fragile: false, knownAround: false }
  readonly #advice: boolean
  #obstacle: string | undefined
  /** that the elements stand in, if any */
  #incident: XmlElement | undefined

  constructor(advice: boolean) {
    this.#advice = advice
  }

  /** An element beside the document, or one of it. */
  look(element: XmlElement, where: Where, says: number = SAYS.all): void {
    const label = (says & SAYS.restriction) === 0 ? undefined : askedBy(element)
    if (label !== undefined) this.#asked[where].add(label)
    if (label !== undefined && !this.#askers.has(label)) this.#askers.set(label, element)
    const isAsked = (says & SAYS.tolerated) !== 0 && this.#tolerated.length < MOST
    const message = isAsked ? toleranceOf(element) : undefined
    if (message !== undefined) this.#tolerated.push({ ...placeOf(element), message })
    if ((says & SAYS.incident) !== 0 && element.local === 'Incident') this.#incidents.push(element)
  }

  /** What an element of the document says; `says`: which of it it may be. */
  inDocument(element: XmlElement, says: number = SAYS.all): void {
    this.look(element, 'document', says)
    if (this.#advice) {
      for (const message of implausible(element))
        if (this.#odd.length < MOST) this.#odd.push({ ...placeOf(element), message })
    }
    if ((says & SAYS.identifier) !== 0) this.#identifiers.look(element, this.#incident)
    const mention = (says & SAYS.mention) === 0 ? undefined : mentionOf(element)
    if (mention !== undefined) this.#mentioned.add(mention)
  }

  /** The element right in the document that those to come stand in, or are. */
  enter(element: XmlElement, ns: string | undefined): void {
    this.#incident = element.local === 'Incident' && element.ns === ns ? element : undefined
  }

  /** How an element of the document is written: nothing of what this looks for is in a plain one. `level`: of the document it is 1. */
  shapeOf(element: XmlElement, level: number): void {
    const found = this.#found
    found.signed ||= element.ns === NS.ds && element.local === 'Signature'
    found.unsettledType ||= element.attributes.some((a) => isUnsettledType(element, a))
    found.namedPrefix ||= element.namesPrefix === true && !isOwn(element)
    found.fragile ||= isFragile(element)
    found.knownAround ||= isKnownAround(element)
    this.#obstacle ??= obstacleOf(element, level)
  }

  facts(): Facts {
    const { document, context, message } = this.#asked
    return {
      ...this.#found,
      obstacle: this.#obstacle ?? null,
      needed: neededFor(document, context, message),
      alone: neededFor(document),
      carried: neededFor(document, context),
      askers: this.#askers,
      tolerated: this.#tolerated,
      implausible: this.#odd,
      incidents: this.#incidents,
      identifiers: this.#identifiers,
      mentioned: this.#mentioned,
    }
  }
}

/** Looks at all of a document; `before`: how many elements stand before it. */
type LookInside = (finder: FactsFinder, document: XmlElement, before: number) => void

/**
 * The step `facts`, of a valid text. `document`: the IODEF-Document in it, or all of it. `inside` looks at it in another way than by
 * walking on.
 */
export function factsOf(
  root: XmlElement,
  document: XmlElement | undefined,
  { advice = false }: { readonly advice?: boolean } = {},
  inside?: LookInside,
): Facts {
  const finder = new FactsFinder(advice)
  // levels above it
  let above = 0
  let before = 0
  const inDocument: Visitor = (element, level) => {
    finder.inDocument(element)
    finder.shapeOf(element, level - above)
    return undefined
  }
  const atItsTop: Visitor = (element, level) => {
    finder.enter(element, document?.ns)
    inDocument(element, level)
    return inDocument
  }
  const inContext: Visitor = (element, level) => {
    if (inside !== undefined && level > DEEPEST_BESIDE) throw NOT_PLAIN
    before += 1
    finder.look(element, 'context')
    return undefined
  }
  const carried = new Set(root === document ? [] : carriedElements(root))
  walk(root, (element, level) => {
    if (element === document) {
      if (inside !== undefined) {
        inside(finder, element, before)
        return null
      }
      above = level - 1
      inDocument(element, level)
      return atItsTop
    }
    if (inside !== undefined && level > DEEPEST_BESIDE) throw NOT_PLAIN
    before += 1
    finder.look(element, carried.has(element) ? 'context' : 'message')
    return carried.has(element) ? inContext : undefined
  })
  return finder.facts()
}

/** of one document: nobody reads more */
const MOST = 100

/**
 * Levels beside a document that is looked at before it is known to be valid: all that is in a URL is its text, and if they stand in each
 * other it is that of each. RFC 6545 and an item's context have seven.
 */
const DEEPEST_BESIDE = 16

function placeOf({ line, column }: XmlElement) {
  return { line, column }
}

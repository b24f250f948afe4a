import { NS } from '../xml/namespaces.ts'
import { attribute, type XmlElement } from '../xml/tree.ts'

/** RFC 7970 §3.3.1, the words of a `restrictions` list in the configuration. */
export const LABELS = ['public', 'partner', 'need-to-know', 'private', 'default'] as const
export type Label = (typeof LABELS)[number]

/** From least to most strict; the colours are the same values under their TLP names. */
const ORDER: readonly Label[] = ['public', 'partner', 'need-to-know', 'private']
const TWINS: ReadonlyMap<string, Label> = new Map([
  ['white', 'public'],
  ['green', 'partner'],
  ['amber', 'need-to-know'],
  ['red', 'private'],
])

/**
 * What has to be allowed before a document may be shown: the strictest restriction anywhere in it and, where some part of it
 * says `default` (a pre-arranged policy), that too.
 */
export type Needed = readonly Label[]

const COUNTED: ReadonlySet<string> = new Set([NS.iodef2, NS.iodef1, NS.rid])

/**
 * What one element asks for by itself (RFC 7970 §3.3.1, RFC 6545 §5), wherever it stands, extension content included; undefined where
 * it says nothing. An Incident without the attribute is private, other classes inherit, `ext-value` (or its word alone) and
 * everything unknown counts as private.
 */
export function askedBy(element: XmlElement): Label | undefined {
  if (!COUNTED.has(element.ns)) return undefined
  const value = attribute(element, 'restriction')
  if (value !== undefined) return labelOf(value)
  // somebody's own word, whose ext-value was forgotten
  if (attribute(element, 'ext-restriction') !== undefined) return 'private'
  return element.local === 'Incident' ? 'private' : undefined
}

/** Why an element asks for what it does, and where it stands: half a sentence for log and trace. */
function reasonOf(element: XmlElement): string {
  return `${causeOf(element)} (${element.local} in line ${element.line})`
}

function causeOf(element: XmlElement): string {
  const value = attribute(element, 'restriction')?.trim()
  if (value === undefined)
    return `no restriction on Incident: private by ${element.ns === NS.iodef1 ? 'RFC 5070 §3.2' : 'RFC 7970 §3.3.1'}`
  if (value !== 'ext-value') return `restriction "${value.slice(0, 40)}"`
  const own = attribute(element, 'ext-restriction')
  return own === undefined
    ? 'restriction "ext-value" without ext-restriction counts as private'
    : `ext-restriction "${own.slice(0, 40)}" is unknown here and counts as private`
}

/** By label, why it is asked for, in words. */
export type Reasons = Readonly<Partial<Record<Label, string>>>

/** `askers`: by label, the first element that asks for it. */
export function reasonsOf(askers: ReadonlyMap<Label, XmlElement>): Reasons {
  return Object.fromEntries([...askers].map(([label, element]) => [label, reasonOf(element)]))
}

/**
 * What a document needs whose elements ask for these. Children may relax or tighten, so only the strictest part counts; where nobody
 * asks for anything it is private.
 */
export function neededFor(...asked: readonly ReadonlySet<Label>[]): Needed {
  return reduced((label) => asked.some((labels) => labels.has(label)))
}

/** What several parts of one thing need together. */
export function strictest(lists: readonly Needed[]): Needed {
  return reduced((label) => lists.some((labels) => labels.includes(label)))
}

export function same(a: Needed, b: Needed): boolean {
  return a.length === b.length && a.every((label) => b.includes(label))
}

function reduced(isAsked: (label: Label) => boolean): Needed {
  const strict = ORDER.findLast(isAsked)
  if (!isAsked('default')) return [strict ?? 'private']
  return strict === undefined ? ['default'] : [strict, 'default']
}

/** The first needed label that the list (twins count) lacks, or undefined when the document may pass. */
export function missingFrom(listed: readonly string[], needed: Needed): Label | undefined {
  return needed.find((label) => !listed.some((value) => (TWINS.get(value) ?? value) === label))
}

/** What one attribute asks for. */
export function labelOf(value: string): Label {
  const word = value.trim()
  if (word === 'default') return 'default'
  return TWINS.get(word) ?? ORDER.find((label) => label === word) ?? 'private'
}

/**
 * Is an IODEF 1 document that needs this at least as strict as an IODEF 2 document that needs `whole`? IODEF 1 has no `partner`: whoever
 * says less than need-to-know for it is too lax (RFC 5070 §3.2).
 */
export function covers1(needed: Needed, whole: Needed): boolean {
  const rank = (labels: Needed) => Math.max(...labels.map((label) => ORDER.indexOf(label)))
  const wanted = whole.map((label) => (label === 'partner' ? 'need-to-know' : label))
  return rank(needed) >= rank(wanted) && (!whole.includes('default') || needed.includes('default'))
}

import { NS } from '../xml/names.ts'
import { attribute, descendants, type XmlElement } from '../xml/tree.ts'

/** RFC 7970 §3.3.1, the words of a `restrictions` list in the configuration. */
export type Label = 'public' | 'partner' | 'need-to-know' | 'private' | 'default'

/** From least to most strict; the colours are the same values under their TLP names. */
const ORDER: readonly Label[] = ['public', 'partner', 'need-to-know', 'private']
const TWINS: Readonly<Record<string, Label>> = {
  white: 'public',
  green: 'partner',
  amber: 'need-to-know',
  red: 'private',
}

/**
 * What has to be allowed before a document may be shown: the strictest restriction anywhere in it and, where some part of it
 * says `default` (a pre-arranged policy), that too.
 */
export type Needed = readonly Label[]

/**
 * RFC 7970 §3.3.1 over the whole of `root`, extension content included: an Incident without the attribute is private, other
 * classes inherit, `ext-value` and everything unknown counts as private. Children may relax or tighten, so only the strictest
 * part counts. `also` adds restrictions of what the document came in (RIDPolicy, XMLDocument).
 */
export function neededFor(root: XmlElement, also: readonly (string | undefined)[] = []): Needed {
  let strictest = 0
  let withDefault = false
  const count = (value: string) => {
    const label = labelOf(value)
    if (label === 'default') withDefault = true
    else strictest = Math.max(strictest, ORDER.indexOf(label))
  }
  for (const element of descendants(root)) {
    if (element.ns !== NS.iodef2 && element.ns !== NS.iodef1) continue
    const value = attribute(element, 'restriction')
    if (value !== undefined) count(value)
    else if (element.local === 'Incident') count('private')
  }
  for (const value of also) if (value !== undefined) count(value)
  const strict = ORDER[strictest] ?? 'private'
  return withDefault ? [strict, 'default'] : [strict]
}

/** The first needed label that the list (twins count) lacks, or undefined when the document may pass. */
export function missingFrom(listed: readonly string[], needed: Needed): Label | undefined {
  const allowed = new Set(listed.map((value) => TWINS[value] ?? value))
  return needed.find((label) => !allowed.has(label))
}

function labelOf(value: string): Label {
  const word = value.trim()
  if (word === 'default') return 'default'
  return TWINS[word] ?? ORDER.find((label) => label === word) ?? 'private'
}

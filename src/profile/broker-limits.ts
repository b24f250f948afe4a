import { losesType } from '../xml/normal-form.ts'
import type { XmlElement } from '../xml/tree.ts'

/**
 * Would a Broker's own parser and writer change the element? Carriage returns, and tabs and line breaks in attributes, are written
 * back unescaped by some; an element without namespace takes the one around it; an xsi:type that the normal form
 * leaves out says something (docs/grid-profile.md §4.4).
 */
export function isFragile({ ns, attributes, children }: XmlElement): boolean {
  return (
    ns === '' ||
    attributes.some((a) => losesType(a) || /[\t\n\r]/.test(a.value)) ||
    children.some((c) => typeof c === 'string' && c.includes('\r'))
  )
}

/**
 * Prosody stores an attribute whose namespace name has one of these characters, and then fails on every read of the node
 * that includes it: measured, docs/grid-profile.md.
 */
export function isCarriable({ attributes }: XmlElement): boolean {
  return !attributes.some((a) => /[\s<>&'"]/.test(a.ns))
}

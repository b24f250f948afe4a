import { isUnsettledType } from '../xml/normal-form.ts'
import type { XmlElement } from '../xml/tree.ts'

/**
 * Would a Broker's own parser and writer change the element? Carriage returns, and tabs and line breaks in attributes, are written
 * back unescaped by some; an element without namespace takes the one around it; an xsi:type loses the declaration that
 * its name depends on (docs/grid-profile.md §4.4).
 */
export function isFragile(element: XmlElement): boolean {
  const { ns, attributes, children } = element
  return (
    ns === '' ||
    (attributes.length > 0 && attributes.some((a) => isUnsettledType(element, a) || /[\t\n\r]/.test(a.value))) ||
    children.some((c) => typeof c === 'string' && c.includes('\r'))
  )
}

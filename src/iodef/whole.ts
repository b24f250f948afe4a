import { NS } from '../xml/namespaces.ts'
import { attribute, elements, text, type XmlElement } from '../xml/tree.ts'
import { make1 } from './downgrade-kit.ts'

/**
 * The IODEF 2 document that travels along in an IODEF 1 document which was made of it: AdditionalData of the first Incident, the last
 * one, marked by its `formatid` (RFC 5070 §3.6). A string, so that nobody on the way changes a character of it.
 */
const FORMAT = 'urn:x-iodef-gateway:iodef-2:1'

const MEANING = 'The whole report as IODEF 2 (RFC 7970), of which this one is a part'

/** `restrictions`: what the document needs, in IODEF 1's words; one element says one of them. */
export function wholeDocument(whole: string, restrictions: readonly string[]): XmlElement[] {
  const marked = (restriction: string | undefined, content: readonly string[]) =>
    make1('AdditionalData', { dtype: 'string', formatid: FORMAT, meaning: MEANING, restriction }, content)
  const [strictest, ...others] = restrictions
  return [...others.map((one) => marked(one, [])), marked(strictest, [whole])]
}

/** Is it AdditionalData that holds, or held, a whole document? */
export function isWhole(element: XmlElement): boolean {
  return element.local === 'AdditionalData' && attribute(element, 'formatid')?.trim() === FORMAT
}

/** What travels along in an IODEF 1 document, and the element that it stands in; undefined where nothing does. */
export function wholeIn(document: XmlElement): { readonly text: string; readonly holder: XmlElement } | undefined {
  if (document.ns !== NS.iodef1) return undefined
  const incident = elements(document)[0]
  const holder = incident && elements(incident).findLast((e) => e.ns === NS.iodef1 && isWhole(e))
  return holder && { text: text(holder), holder }
}

import { NS } from '../xml/namespaces.ts'
import { attribute, isParent, text, type XmlElement } from '../xml/tree.ts'
import { flawOfUri } from '../xml/uri-reference.ts'
import { trim } from './trim.ts'

/**
 * What is taken though the letter of a standard has it otherwise, since tools write it and it can be read in one way only
 * (docs/decisions/0011): never more than a warning, `strict` or not. It is carried as it came. A sentence; undefined for what is in order.
 */
export function toleranceOf(element: XmlElement): string | undefined {
  if (element.ns !== NS.iodef2 && element.ns !== NS.iodef1 && element.ns !== NS.rid) return undefined
  return CHECKS.get(element.local)?.(element)
}

/** Does it depend on elements of that local name? */
export function mayBeTolerated(local: string): boolean {
  return CHECKS.has(local)
}

const CHECKS: ReadonlyMap<string, (element: XmlElement) => string | undefined> = new Map([
  ['IODEF-Document', version],
  ['URL', url],
  ['Portlist', padded],
  ['Timezone', padded],
])

function version(document: XmlElement): string | undefined {
  const written = attribute(document, 'version')
  if (document.ns === NS.iodef1) {
    return written === '1.0' ? 'version="1.0" is taken for "1.00" (RFC 5070 §3.1); strict peers refuse it.' : undefined
  }
  return written === '2.0'
    ? 'version="2.0" is taken for "2.00": RFC 7970 has "2.0" in §4.4, and "2.00" in §3.1 and its schema; strict peers refuse it.'
    : undefined
}

function url(element: XmlElement): string | undefined {
  // beside a document, in a message: somebody's own, and no text
  if (isParent(element)) return undefined
  const written = trim(text(element))
  const flaw = flawOfUri(written)
  const shown = written.length > 80 ? `${written.slice(0, 80)}…` : written
  return flaw === undefined
    ? undefined
    : `URL "${shown}" is no URI reference (RFC 3986): ${flaw}. It is carried as it is.`
}

function padded(element: XmlElement): string | undefined {
  if (isParent(element)) return undefined
  const written = text(element)
  return trim(written) === written ? undefined : `${element.local} has white space around it; strict peers refuse that.`
}

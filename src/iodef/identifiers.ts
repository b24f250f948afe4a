import { NS } from '../xml/namespaces.ts'
import { attribute, type Diagnostic, descendants, text, type XmlElement } from '../xml/tree.ts'
import { trim } from './trim.ts'

/** Diagnostics of one document: nobody reads more. */
const LIMIT = 100

/**
 * What is wrong with the identifiers below `root` (RFC 7970 §2.14: xs:ID and xs:IDREF): each is an NCName, none occurs
 * twice, every uid-ref names one. These are errors by the schema itself, but libxml2 checks neither an xs:ID in element
 * content nor a reference that points nowhere. Identifiers are observable-id, the content of IndicatorID, Id of XML
 * Signature and xml:id. Their scope is `root`, so call it with the IODEF-Document, extension content and all. `whole`: false
 * when `root` is one part of a document, whose references may point into the others.
 */
export function checkIdentifiers(
  root: XmlElement,
  { limit = LIMIT, whole = true }: { readonly limit?: number; readonly whole?: boolean } = {},
): Diagnostic[] {
  const found: Diagnostic[] = []
  const report = ({ line, column }: XmlElement, message: string): void => {
    if (found.length < limit) found.push({ line, column, message })
  }
  const seen = new Map<string, XmlElement>()
  const references: { element: XmlElement; id: string }[] = []
  for (const element of descendants(root)) {
    for (const { name, id } of identifiers(element)) {
      const first = seen.get(id)
      if (!NCNAME.test(id)) report(element, `${name} "${shorten(id)}" is not an identifier (a name without colon).`)
      else if (first) report(element, `${name} "${shorten(id)}" is already taken in line ${first.line}.`)
      else seen.set(id, element)
    }
    const reference = referenceOf(element)
    if (reference !== undefined) references.push({ element, id: reference })
  }
  for (const { element, id } of references) {
    if (whole && !seen.has(id))
      report(element, `uid-ref of ${element.local} names "${shorten(id)}", which is nowhere in the document.`)
  }
  return found
}

const SIGNATURE_IDS: ReadonlySet<string> = new Set([
  'Signature',
  'SignatureValue',
  'SignedInfo',
  'Reference',
  'KeyInfo',
  'Object',
  'Manifest',
  'SignatureProperties',
  'SignatureProperty',
])

/** White space around an xs:ID is no part of it. */
function* identifiers(element: XmlElement): Generator<{ name: string; id: string }> {
  for (const { ns, local, value } of element.attributes) {
    if (ns === NS.xml && local === 'id') yield { name: 'xml:id', id: trim(value) }
    if (ns !== '') continue
    if (element.ns === NS.iodef2 && local === 'observable-id') yield { name: local, id: trim(value) }
    if (element.ns === NS.ds && local === 'Id' && SIGNATURE_IDS.has(element.local))
      yield { name: local, id: trim(value) }
  }
  if (element.ns === NS.iodef2 && element.local === 'IndicatorID')
    yield { name: 'IndicatorID', id: trim(text(element)) }
}

function referenceOf(element: XmlElement): string | undefined {
  if (element.ns !== NS.iodef2) return undefined
  if (element.local !== 'ObservableReference' && element.local !== 'IndicatorReference') return undefined
  const id = attribute(element, 'uid-ref')
  return id === undefined ? undefined : trim(id)
}

/** Namespaces in XML 1.0 §3 over XML 1.0 (fifth edition) §2.3. */
const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NCNAME = new RegExp(`^[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}]*$`, 'u')

/** A stranger chooses the identifier; a message stays readable. */
function shorten(id: string): string {
  return id.length > 80 ? `${id.slice(0, 80)}…` : id
}

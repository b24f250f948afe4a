import type { Place } from '../xml/locate.ts'
import { NS } from '../xml/namespaces.ts'
import { elements, type XmlElement } from '../xml/tree.ts'
import { isRespelled } from './vocabulary-words.ts'

/** What the other version has in the place of an element. */
const ONLY_IN_1: ReadonlyMap<string, string> = new Map([
  ['Impact', 'SystemImpact, BusinessImpact or TimeImpact'],
  ['Fax', 'Telephone type="fax"'],
  ['NodeName', 'DomainData with Name'],
  ['NodeRole', 'NodeRole in System, behind Node'],
  ['ReferenceName', 'enum:ReferenceName (RFC 7495)'],
])
const ONLY_IN_2 = new Set(
  'GenerationTime EmailTo TelephoneNumber PAddress DomainData SystemImpact BusinessImpact IntendedImpact IncidentCategory IndicatorData Discovery'.split(
    ' ',
  ),
)

/** `Element 'X': This element is not expected. Expected is one of ( A, B ).` */
export function elementHint(message: string, { element, parent }: Place): string | undefined {
  const [, list] = /This element is not expected\.(?: Expected is (?:one of )?\( (.*) \)\.)?$/.exec(message) ?? []
  if (element === undefined || parent === undefined || !message.includes('This element is not expected'))
    return undefined
  const expected = list?.split(', ').map((name) => name.replace(/^\{.*\}/, '')) ?? []
  return namespaceHint(element, parent, expected) ?? versionHint(element) ?? orderHint(element, parent, expected)
}

/** The name is right, or the whole vocabulary is another. */
function namespaceHint(element: XmlElement, parent: XmlElement, expected: readonly string[]): string | undefined {
  const own = element.ns === '' ? 'no namespace' : `the namespace "${element.ns.slice(0, 80)}"`
  // RFC 6545 §5.1: these two are IODEF 1's
  const wanted = parent.ns === NS.rid && ['Node', 'IncidentID'].includes(element.local) ? NS.iodef1 : parent.ns
  if (element.ns === wanted) return undefined
  if (expected.includes(element.local))
    return `It stands in ${own}; the ${element.local} that is expected is of "${wanted}".`
  if (KNOWN.has(element.ns)) return undefined
  return `It stands in ${own}, and other vocabularies belong in AdditionalData.`
}

const KNOWN: ReadonlySet<string> = new Set(Object.values(NS))

function versionHint({ ns, local }: XmlElement): string | undefined {
  const other = ns === NS.iodef2 ? ONLY_IN_1.get(local) : undefined
  if (other !== undefined) return `${local} is IODEF 1 (RFC 5070) here; IODEF 2 has ${other}.`
  if (ns === NS.iodef1 && ONLY_IN_2.has(local)) return `${local} is IODEF 2 (RFC 7970), and its namespace says IODEF 1.`
  return undefined
}

function orderHint(element: XmlElement, parent: XmlElement, expected: readonly string[]): string | undefined {
  const meant = expected.find((name) => name !== element.local && isRespelled(name, element.local))
  if (meant !== undefined) return `Did you mean ${meant}?`
  const siblings = elements(parent)
  const later = siblings.slice(siblings.indexOf(element) + 1)
  const first = expected.find((name) => later.some(({ local }) => local === name))
  if (first !== undefined) return `The order counts: ${first} stands before ${element.local}.`
  const [only, ...more] = expected
  if (only !== undefined && more.length === 0) return `${only} is missing before it.`
  return undefined
}

/** Where IODEF 2 has the text of a class that was text in IODEF 1 (RFC 7970 §4.4). */
const HOLDS_TEXT: ReadonlyMap<string | undefined, string> = new Map([
  ['Email', 'EmailTo'],
  ['Telephone', 'TelephoneNumber'],
  ['PostalAddress', 'PAddress'],
])

/** `Character content other than whitespace is not allowed`, and the other way round */
export function textHint(message: string, { element }: Place): string | undefined {
  const child = HOLDS_TEXT.get(element?.local)
  if (element === undefined) return undefined
  if (message.includes('Character content other than whitespace is not allowed')) {
    if (child !== undefined && element.ns === NS.iodef2)
      return `In IODEF 2 the text stands in ${child}, inside ${element.local}.`
    const words = element.children.find((c) => typeof c === 'string' && c.trim() !== '')
    return typeof words === 'string' ? `There is "${words.trim().slice(0, 40)}" between its elements.` : undefined
  }
  if (child !== undefined && element.ns === NS.iodef1 && message.includes('Element content is not allowed')) {
    return `In IODEF 1 ${element.local} is text; ${child} is IODEF 2.`
  }
  return undefined
}

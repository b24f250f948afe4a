import { NS } from '../xml/namespaces.ts'
import { isUnsettledType } from '../xml/normal-form.ts'
import { attribute, elements, text, type XmlElement, type XmlNode } from '../xml/tree.ts'
import { contentModel } from './content-model.ts'
import { assessment, confidence, impact } from './upgrade-impact.ts'
import { before, carried, described, make, note, retold } from './upgrade-kit.ts'
import { address, counter, node, nodeRole, software, system } from './upgrade-network.ts'

/**
 * An IODEF 1 document (RFC 5070) as IODEF 2 (RFC 7970): docs/decisions/0009. `v1` is valid; what comes back is valid as well, but for
 * extension content, which is copied and can break what only IODEF 2's schema knows. Restrictions stay as they are written: values
 * that IODEF 1's schema implies are not written out, so nothing is looser than it was.
 */
export function upgradeDocument(v1: XmlElement): XmlElement {
  const [document] = upgrade(v1)
  if (document === undefined) throw new Error('nothing to upgrade')
  return document
}

type Rule = (element: XmlElement, upgradeChild: (child: XmlElement) => XmlElement[]) => XmlElement[]

/** Classes that changed. Every other class has the same name, attributes and order of children in IODEF 2. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['IODEF-Document', document],
  ['Incident', incident],
  ['PostalAddress', means('PostalAddress', 'PAddress')],
  ['Email', means('Email', 'EmailTo')],
  ['Telephone', means('Telephone', 'TelephoneNumber')],
  ['Fax', means('Telephone', 'TelephoneNumber', 'fax')],
  ['Method', method],
  ['Reference', reference],
  ['Assessment', assessment],
  ['Impact', impact],
  ['Confidence', confidence],
  ['Counter', counter],
  ['System', system],
  ['Node', node],
  ['Address', address],
  ['NodeRole', nodeRole],
  ['Service', (e, up) => [make('Service', carried(e, { ip_protocol: 'ip-protocol' }), elements(e).flatMap(up))]],
  ['OperatingSystem', software],
  ['Application', software],
  ['AdditionalData', extension],
  ['RecordItem', extension],
])

function upgrade(element: XmlElement): XmlElement[] {
  return (RULES.get(element.local) ?? same)(element, upgrade)
}

const same: Rule = (element, up) => {
  const children = contentModel.elementOnly(element) ? elements(element).flatMap(up) : element.children
  return [make(element.local, carried(element), children)]
}

function document(element: XmlElement): XmlElement[] {
  const attributes = carried(element, { formatid: 'format-id' }, { version: '2.00' })
  return [make('IODEF-Document', attributes, elements(element).flatMap(upgrade))]
}

/** RFC 7970 §3.2 demands GenerationTime, which is when the report was made: RFC 5070 §3.8.5 called that ReportTime. */
function incident(element: XmlElement, up: (child: XmlElement) => XmlElement[]): XmlElement[] {
  const children = elements(element).flatMap((e) => {
    const [upgraded, ...more] = up(e)
    if (upgraded === undefined) return []
    if (e.local !== 'ReportTime') return [upgraded, ...more]
    return [upgraded, make('GenerationTime', [], e.children)]
  })
  return [make('Incident', carried(element), children)]
}

/** A way to reach a Contact was text with a meaning; now the text has an element of its own (RFC 7970 §3.9.2 to §3.9.4). */
function means(name: string, content: string, type?: string): Rule {
  return (element) => {
    const attributes = carried(element, {}, { type }).filter((a) => a.local !== 'lang' && a.local !== 'meaning')
    return [make(name, attributes, [retold(element, content), ...note(attribute(element, 'meaning'))])]
  }
}

/** References and Descriptions could be mixed in RFC 5070 §3.9. */
function method(element: XmlElement, up: (child: XmlElement) => XmlElement[]): XmlElement[] {
  const children = elements(element).flatMap(up)
  const references = children.filter((e) => e.local === 'Reference')
  return [make('Method', carried(element), [...references, ...children.filter((e) => e.local !== 'Reference')])]
}

/** RFC 7495 §4: number 1 of the registry. */
export const CVE = /^CVE-\d{4}-\d{4,}$/

/** A name in a language is a Description now; only names of a registered specification have an element (RFC 7970 §3.11.1). */
function reference(element: XmlElement, up: (child: XmlElement) => XmlElement[]): XmlElement[] {
  const [name, ...rest] = elements(element)
  const children = rest.flatMap(up)
  const id = name === undefined ? '' : text(name).trim()
  if (name === undefined || !CVE.test(id)) {
    return [make('Reference', [], before(children, 'Description', name === undefined ? [] : described(name)))]
  }
  const enumerated = { ...make('ReferenceName', [{ ns: '', local: 'specIndex', value: '1' }], []), ns: NS.enum }
  return [make('Reference', [], [{ ...enumerated, children: [{ ...make('ID', [], [id]), ns: NS.enum }] }, ...children])]
}

/** AdditionalData and RecordItem hold what strangers wrote: it stays. */
function extension(element: XmlElement): XmlElement[] {
  return [make(element.local, carried(element), element.children.map(untyped))]
}

/** The normal form cannot keep what an xsi:type names, and one that names nothing says nothing. */
export function untyped(child: XmlNode): XmlNode {
  if (typeof child === 'string') return child
  const attributes = child.attributes.filter((a) => !isUnsettledType(child, a))
  return { ...child, attributes, children: child.children.map(untyped) }
}

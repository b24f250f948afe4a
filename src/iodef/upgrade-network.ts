import { NS } from '../xml/namespaces.ts'
import { attribute, child, elements, text, type XmlElement } from '../xml/tree.ts'
import { all, before, carried, described, isBlank, make, note } from './upgrade-kit.ts'

/** System, Node and what they hold: RFC 5070 §3.15 to §3.18, RFC 7970 §3.17 to §3.20. */

type Upgrade = (child: XmlElement) => XmlElement[]

/** NodeRole moved out of Node (RFC 7970 §4.4) and stands behind it. */
export function system(element: XmlElement, upgrade: Upgrade): XmlElement[] {
  const node = child(element, NS.iodef1, 'Node')
  const roles = node === undefined ? [] : all(node, 'NodeRole').flatMap(upgrade)
  const [first, ...rest] = elements(element).flatMap(upgrade)
  const upgraded = first === undefined ? [] : [first, ...roles, ...rest]
  // a DateTime belongs to the names; without one there is no place for it
  const homeless = node === undefined || all(node, 'NodeName').length > 0 ? [] : all(node, 'DateTime')
  const notes = homeless.flatMap((e) => note(text(e).trim(), 'DateTime'))
  return [make('System', carried(element), before(upgraded, 'AdditionalData', notes))]
}

/** NodeName and DateTime are DomainData (RFC 7970 §4.4); Location and Counter keep their places. */
export function node(element: XmlElement, upgrade: Upgrade): XmlElement[] {
  const checked = all(element, 'DateTime').map((e) => make('DateDomainWasChecked', [], e.children))
  const children = elements(element).flatMap((e) => {
    if (e.local === 'DateTime' || e.local === 'NodeRole') return []
    return e.local === 'NodeName' ? [domainData(e, checked)] : upgrade(e)
  })
  return [make('Node', [], children)]
}

/** RFC 7970 §3.19 demands both states, and IODEF 1 knew neither. */
function domainData(name: XmlElement, checked: readonly XmlElement[]): XmlElement {
  const states = carried(make('', [], []), {}, { 'system-status': 'unknown', 'domain-status': 'unknown' })
  return make('DomainData', states, [make('Name', [], name.children), ...checked])
}

/** An Address without category was IPv4 (RFC 5070 §3.16.2) and would now be IPv6 (RFC 7970 §3.18.1), so it is said. */
export function address(element: XmlElement): XmlElement[] {
  const category = attribute(element, 'category')
  const set =
    category === undefined
      ? { category: 'ipv4-addr' }
      : category.trim() === 'ipv6-net-mask'
        ? { category: 'ext-value', 'ext-category': 'ipv6-net-mask' }
        : {}
  return [make('Address', carried(element, {}, set), element.children)]
}

export function nodeRole(element: XmlElement): XmlElement[] {
  const attributes = carried(element).filter((a) => a.local !== 'lang')
  return [make('NodeRole', attributes, described(element))]
}

/** What was counted is the unit now; type says how: so many, or so many in a time (RFC 7970 §3.18.3). */
export function counter(element: XmlElement): XmlElement[] {
  const type = attribute(element, 'duration') === undefined ? 'counter' : 'rate'
  const attributes = carried(element, { type: 'unit', 'ext-type': 'ext-unit' })
  return [make('Counter', [...attributes, { ns: '', local: 'type', value: type }], element.children)]
}

const SOFTWARE = ['vendor', 'family', 'name', 'version', 'patch'] as const

/**
 * OperatingSystem and Application: attributes in RFC 5070 §3.17.1, a SoftwareReference in RFC 7970 §2.15. Text inside that is not
 * valid by the published schema, so it is a Description.
 */
export function software(element: XmlElement, upgrade: Upgrade): XmlElement[] {
  const words = SOFTWARE.map((name) => attribute(element, name)).filter((v) => v !== undefined && !isBlank(v))
  const ids = ['swid', 'configid'].flatMap((name) => {
    const id = attribute(element, name)
    return id?.trim() === '0' ? [] : note(id, name)
  })
  return [make(element.local, [], [...elements(element).flatMap(upgrade), ...note(words.join(' ')), ...ids])]
}

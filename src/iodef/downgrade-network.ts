import { NS } from '../xml/namespaces.ts'
import { attribute, child, elements, text, type XmlElement } from '../xml/tree.ts'
import {
  all2,
  carried1,
  type Down,
  type Downgrade,
  inside,
  knownChildren,
  lose,
  loseAll,
  make1,
  told,
} from './downgrade-kit.ts'
import { CHILDREN } from './downgrade-words.ts'
import { trim } from './trim.ts'
import { before } from './upgrade-kit.ts'

/** System, Node and what they hold: RFC 7970 §3.17 to §3.20, RFC 5070 §3.15 to §3.18. */

/** NodeRole stands in Node (RFC 5070 §3.16). */
export function system1(element: XmlElement, down: Down, downgrade: Downgrade): XmlElement[] {
  const roles = all2(element, 'NodeRole').flatMap((e) => downgrade(e, inside(element, down)))
  const others = elements(element).filter(({ local }) => local !== 'NodeRole')
  const children = knownChildren({ ...element, children: others }, down, downgrade).map((e) =>
    e.local === 'Node' ? make1('Node', {}, before(elements(e), 'Counter', roles)) : e,
  )
  return [make1('System', carried1(element, down), children)]
}

/** A DomainData is its name, and when the first was looked at; of several Locations one stays. */
export function node1(element: XmlElement, down: Down, downgrade: Downgrade): XmlElement[] {
  const addressed = elements(element).flatMap((e) => {
    if (e.local === 'DomainData') return nodeName(e, down)
    return e.local === 'Address' ? downgrade(e, down) : []
  })
  const [location, ...more] = all2(element, 'Location')
  loseAll(down, [...all2(element, 'PostalAddress'), ...more])
  const [checked, ...later] = all2(element, 'DomainData').flatMap((e) => all2(e, 'DateDomainWasChecked'))
  loseAll(down, later)
  return [
    make1('Node', {}, [
      ...addressed,
      ...(location === undefined ? [] : downgrade(location, down)),
      ...(checked === undefined ? [] : [make1('DateTime', {}, checked.children)]),
      ...all2(element, 'Counter').flatMap((e) => downgrade(e, down)),
    ]),
  ]
}

/** States that say nothing are no loss. */
function nodeName(element: XmlElement, down: Down): XmlElement[] {
  for (const { local, value } of element.attributes) if (trim(value) !== 'unknown') lose(down, `DomainData/@${local}`)
  loseAll(
    down,
    elements(element).filter(({ local }) => local !== 'Name' && local !== 'DateDomainWasChecked'),
  )
  const name = child(element, NS.iodef2, 'Name')
  return name === undefined ? [] : [make1('NodeName', {}, name.children)]
}

/** An Address without category is IPv6 (RFC 7970 §3.18.1) and would now be IPv4 (RFC 5070 §3.16.2), so it is said. */
export function address1(element: XmlElement, down: Down): XmlElement[] {
  const category = attribute(element, 'category')
  // where IODEF 2 had no word for IODEF 1's
  const isMask = category !== undefined && attribute(element, 'ext-category') === 'ipv6-net-mask'
  const set =
    category === undefined
      ? { category: 'ipv6-addr' }
      : isMask && trim(category) === 'ext-value'
        ? { category: 'ipv6-net-mask', 'ext-category': undefined }
        : {}
  return [make1('Address', carried1(element, down, set), element.children)]
}

export function nodeRole1(element: XmlElement, down: Down): XmlElement[] {
  const { attributes, children } = told(down, all2(element, 'Description'))
  return [make1('NodeRole', carried1(element, down, attributes), children)]
}

/** IANA: Reserved. RFC 5070 §3.17 demands a protocol. */
const NO_PROTOCOL = '255'

/** Port or Portlist (RFC 5070 §3.17), and ProtoType before ProtoCode. */
export function service1(element: XmlElement, down: Down, downgrade: Downgrade): XmlElement[] {
  const known = CHILDREN.get('Service') ?? []
  const kept = elements(element).filter((e) => e.ns === NS.iodef2 && known.includes(e.local))
  const hasPort = kept.some(({ local }) => local === 'Port')
  const placed = known.flatMap((name) => (name === 'Portlist' && hasPort ? [] : kept.filter((e) => e.local === name)))
  loseAll(
    down,
    elements(element).filter((e) => !placed.includes(e)),
  )
  const set = attribute(element, 'ip-protocol') === undefined ? { ip_protocol: NO_PROTOCOL } : {}
  const children = placed.flatMap((e) => downgrade(e, inside(element, down)))
  return [make1('Service', carried1(element, down, set), children)]
}

/** A SoftwareReference has no place in RFC 5070 §3.17.1; what describes the software is its name. */
export function software1(element: XmlElement, down: Down): XmlElement[] {
  const [url, ...urls] = all2(element, 'URL')
  const [description, ...descriptions] = all2(element, 'Description')
  loseAll(down, [...all2(element, 'SoftwareReference'), ...urls, ...descriptions])
  const name = description === undefined ? {} : { name: text(description) }
  return [make1(element.local, name, url === undefined ? [] : [make1('URL', {}, url.children)])]
}

import { INCIDENT_ORDER } from '../iodef/incident-order.ts'
import { DocumentLimit } from '../xml/limits.ts'
import { NS } from '../xml/namespaces.ts'
import { attribute, elements, type XmlElement } from '../xml/tree.ts'
import { writtenAttributes } from '../xml/written-attributes.ts'
import { ownElements } from './own-elements.ts'
import { type Patch, withAttribute, withName, withValue } from './patch.ts'

/** Attributes that lack, and words that stand for a word of somebody's own: XEP-0268's examples have them all. */
export function missingAttributes(text: string, root: XmlElement): Patch[] {
  const patches: Patch[] = []
  for (const element of ownElements(root)) {
    if (!isIodef(element)) continue
    patches.push(...extensions(text, element))
    const { local } = element
    if (local === 'Contact' && attribute(element, 'type') === undefined) {
      patches.push(withAttribute('type', text, element, 'type="organization"'))
    }
    if (local === 'AdditionalData' && attribute(element, 'dtype') === undefined) {
      const dtype = elements(element).length > 0 ? 'xml' : 'string'
      patches.push(withAttribute('dtype', text, element, `dtype="${dtype}"`))
    }
  }
  return patches
}

/** `role="ext-type" ext-type="x"` for `role="ext-value" ext-role="x"`. */
function extensions(text: string, element: XmlElement): Patch[] {
  const written = writtenAttributes(text, element)
  const patches: Patch[] = []
  for (const one of written) {
    if (one.name === 'restriction' || one.name.startsWith('ext-')) continue
    if (!/^ext-[a-z-]+$/.test(one.value) || one.value === 'ext-value') continue
    const right = `ext-${one.name}`
    const named = written.find(({ name }) => name === right) ?? written.find(({ name }) => name === one.value)
    if (named === undefined) continue
    patches.push(withValue('ext-value', one, 'ext-value'))
    if (named.name !== right) patches.push(withName('ext-value', named, right))
  }
  return patches
}

/** Characters that a text may grow by where a start tag is written again: it is the sender's choice how long that is, and how often. */
const MOST_AGAIN = 1024 * 1024

/** A System has one Node; one that has nothing but several can only mean several Systems. Throws DocumentLimit. */
export function manyNodes(text: string, root: XmlElement): Patch[] {
  const patches: Patch[] = []
  let again = 0
  for (const element of ownElements(root)) {
    // in one that is written anew already
    if (element.start < (patches.at(-1)?.to ?? 0)) continue
    const nodes = elements(element)
    if (element.local !== 'System' || !isIodef(element) || nodes.length < 2) continue
    if (!nodes.every(({ local, ns }) => local === 'Node' && ns === element.ns)) continue
    const first = nodes[0] as XmlElement
    // an identifier must not stand there twice
    if (attribute(element, 'observable-id') !== undefined) continue
    const open = text.slice(element.start, first.start)
    const close = text.slice(text.lastIndexOf('</', element.end - 1), element.end)
    again += (open.length + close.length) * (nodes.length - 1)
    if (again > MOST_AGAIN) throw new DocumentLimit('It would be too long with one System for each Node.', element)
    const systems = nodes.map(({ start, end }) => `${open}${text.slice(start, end)}${close}`)
    patches.push({ repair: 'nodes', from: element.start, to: element.end, text: systems.join('') })
  }
  return patches
}

/** The children of an Incident in another order than that of the schema; one that nobody knows stays where it is, and so all of them. */
export function disorder(text: string, root: XmlElement): Patch[] {
  const patches: Patch[] = []
  for (const element of ownElements(root)) {
    if (element.local !== 'Incident' || !isIodef(element) || element.start < (patches.at(-1)?.to ?? 0)) continue
    const children = elements(element)
    const places = children.map(({ local, ns }) => (ns === element.ns ? INCIDENT_ORDER.indexOf(local) : -1))
    const first = children[0]
    const last = children.at(-1)
    if (first === undefined || last === undefined || places.includes(-1)) continue
    if (places.every((place, i) => i === 0 || place >= (places[i - 1] ?? 0))) continue
    const sorted = children.map((child, i) => ({ child, place: places[i] ?? 0 })).toSorted((a, b) => a.place - b.place)
    const pieces = sorted.map(({ child }, i) => {
      const next = children[i + 1]
      const between = next === undefined ? '' : text.slice(children[i]?.end, next.start)
      return text.slice(child.start, child.end) + between
    })
    patches.push({ repair: 'order', from: first.start, to: last.end, text: pieces.join('') })
  }
  return patches
}

function isIodef({ ns }: XmlElement): boolean {
  return ns === NS.iodef1 || ns === NS.iodef2
}

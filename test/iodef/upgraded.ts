import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import type { XmlElement, XmlNode } from '../../src/xml/tree.ts'

/** An element of IODEF 1. */
export function v1(xml: string): XmlElement {
  return scan(xml.replace(/^<(\w+)/, `<$1 xmlns="${NS.iodef1}"`))
}

/** Elements as one would write them, without namespaces but for the prefix xml. */
export function written(...nodes: readonly XmlNode[]): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node
      const attributes = node.attributes.map((a) => ` ${a.ns === NS.xml ? 'xml:' : ''}${a.local}="${a.value}"`).join('')
      const inside = written(...node.children)
      return inside === '' ? `<${node.local}${attributes}/>` : `<${node.local}${attributes}>${inside}</${node.local}>`
    })
    .join('')
}

/** In place of the upgrade of what is inside: as it is. */
export const asIs = (child: XmlElement): XmlElement[] => [child]

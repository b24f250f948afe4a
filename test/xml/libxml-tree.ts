import { XmlElement as Element, XmlAttribute, XmlDocument } from 'libxml2-wasm'
import type { ParsedDocument } from '../../src/xml/libxml.ts'
import type { XmlElement, XmlNode } from '../../src/xml/tree.ts'

/** A tree without places: what two readings of one document have in common. */
export type Bare = { ns: string; local: string; attributes: string[]; children: (Bare | string)[] }

/** The tree as libxml2's own DOM has it. */
export function fromLibxml({ pointer }: ParsedDocument): Bare {
  // not the wrapper's own registry, which would free it once more
  const Wrapper = XmlDocument as unknown as new (pointer: number) => XmlDocument
  return fromWrapper(new Wrapper(pointer))
}

export function fromWrapper(document: XmlDocument): Bare {
  return element(document.root)
}

function element(node: Element): Bare {
  const children: (Bare | string)[] = []
  // text() takes CDATA sections in; comments and processing instructions stay out
  for (const child of node.find('*|text()')) {
    if (child instanceof Element) children.push(element(child))
    else append(children, child.content)
  }
  const attributes = node.attrs
    .filter((a) => a instanceof XmlAttribute)
    .map((a) => key(a.namespaceUri, a.name, a.value))
    .sort()
  return { ns: node.namespaceUri, local: node.name, attributes, children }
}

/** The tree as scan() has it. */
export function fromScan(tree: XmlElement): Bare {
  return {
    ns: tree.ns,
    local: tree.local,
    attributes: tree.attributes.map((a) => key(a.ns, a.local, a.value)).sort(),
    children: tree.children.map((c: XmlNode) => (typeof c === 'string' ? c : fromScan(c))),
  }
}

function key(ns: string, local: string, value: string): string {
  return JSON.stringify([ns, local, value])
}

function append(children: (Bare | string)[], text: string): void {
  if (text === '') return
  const last = children.at(-1)
  if (typeof last === 'string') children[children.length - 1] = last + text
  else children.push(text)
}

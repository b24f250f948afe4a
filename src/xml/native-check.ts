import {
  XmlNamedNodeStruct,
  XmlNodeStruct,
  XmlNsStruct,
  XmlTreeCommonStruct,
  xmlDocGetRootElement,
} from 'libxml2-wasm/lib/libxml2.mjs'
import { parseText } from './libxml.ts'
import { NODE, SPACE } from './native-layout.ts'
import { memory, textAt } from './native-memory.ts'

const KNOWN = '<a xmlns="urn:a" xmlns:p="urn:p" b="c"><p:d>e</p:d>f<g/></a>'

/**
 * Is libxml2's memory laid out as native-layout.ts says? Looks at a known document: what its wrapper knows of the structs, and what of
 * them it does not read itself, is where it is looked for here.
 */
export function layoutFits(): boolean {
  const parsed = parseText(KNOWN)
  if (!parsed.ok) return false
  using document = parsed.document
  const a = xmlDocGetRootElement(document.pointer)
  const d = XmlTreeCommonStruct.children(a)
  const [e, f, b] = [XmlTreeCommonStruct.children(d), XmlTreeCommonStruct.next(d), XmlNodeStruct.properties(a)]
  const c = XmlTreeCommonStruct.children(b)
  return (
    [a, d, XmlTreeCommonStruct.next(f)].every(isElement) &&
    [e, f, b, c].every(isNode) &&
    [word(e, NODE.content), word(f, NODE.content), word(c, NODE.content)].map(textAt).join() === 'e,f,c' &&
    isSpace(XmlNamedNodeStruct.namespace(a)) &&
    isSpace(XmlNodeStruct.nsDef(a)) &&
    textAt(word(XmlNsStruct.next(XmlNodeStruct.nsDef(a)), SPACE.prefix)) === 'p'
  )
}

function word(pointer: number, offset: number): number {
  return memory.words[(pointer >>> 2) + offset] ?? -1
}

function isNode(node: number): boolean {
  return (
    word(node, NODE.type) === XmlTreeCommonStruct.type(node) &&
    textAt(word(node, NODE.name)) === XmlTreeCommonStruct.name_(node) &&
    word(node, NODE.children) === XmlTreeCommonStruct.children(node) &&
    word(node, NODE.parent) === XmlTreeCommonStruct.parent(node) &&
    word(node, NODE.next) === XmlTreeCommonStruct.next(node)
  )
}

function isElement(node: number): boolean {
  return (
    isNode(node) &&
    word(node, NODE.ns) === XmlNamedNodeStruct.namespace(node) &&
    word(node, NODE.attributes) === XmlNodeStruct.properties(node) &&
    word(node, NODE.declared) === XmlNodeStruct.nsDef(node)
  )
}

function isSpace(space: number): boolean {
  return (
    textAt(word(space, SPACE.href)) === XmlNsStruct.href(space) && word(space, SPACE.next) === XmlNsStruct.next(space)
  )
}

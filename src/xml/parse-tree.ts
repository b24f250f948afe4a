import { decodeText, newlines } from './characters.ts'
import { DocumentLimit, NAMESPACE_LIMIT, NODE_LIMIT } from './limits.ts'
import { ROOT_SCOPE, readTag, type Scope } from './start-tag.ts'
import type { XmlElement, XmlNode } from './tree.ts'

/**
 * Builds the tree of a text that libxml2 has already found well-formed, namespace-well-formed and free of a DTD. It decides
 * nothing: on such text there is only one way to read it (XML 1.0 §2.10, §2.11, §3.3.3, §4.1), and a differential test
 * compares it with libxml2. Anything unexpected throws, and DocumentLimit for a long namespace name or too many nodes. Not recursive.
 */
export function scan(source: string): XmlElement {
  const lines = lineFinder(source)
  let position = source.charCodeAt(0) === 0xfeff ? 1 : 0
  let current: Open | undefined
  let root: XmlElement | undefined
  let nodes = 0
  while (position < source.length) {
    const open = source.indexOf('<', position)
    const textEnd = open < 0 ? source.length : open
    if (current !== undefined && textEnd > position) current.text += decodeText(source.slice(position, textEnd))
    if (open < 0) break
    const next = source.charCodeAt(open + 1)
    if (next === 0x21 /* ! */) {
      if (source.startsWith('<!--', open)) {
        position = after(source, '-->', open + 4)
      } else if (source.startsWith('<![CDATA[', open) && current !== undefined) {
        const end = after(source, ']]>', open + 9)
        current.text += newlines(source.slice(open + 9, end - 3))
        position = end
      } else {
        throw new Error('unexpected markup declaration')
      }
    } else if (next === 0x3f /* ? */) {
      position = after(source, '?>', open + 2)
    } else if (next === 0x2f /* / */) {
      if (current === undefined) throw new Error('unexpected end tag')
      position = after(source, '>', open)
      flush(current)
      current.element.end = position
      current = current.parent
    } else {
      const tag = readTag(source, open, current?.scope ?? ROOT_SCOPE)
      const { line, column } = lines(open)
      if (tag.longest > NAMESPACE_LIMIT) {
        throw new DocumentLimit(`A namespace name has more than ${NAMESPACE_LIMIT} characters.`, { line, column })
      }
      position = tag.end
      const { ns, local, attributes } = tag
      nodes += 1 + attributes.length
      if (nodes > NODE_LIMIT) {
        throw new DocumentLimit(`The document has more than ${NODE_LIMIT} elements and attributes.`, { line, column })
      }
      const element: Growing = { ns, local, attributes, children: [], line, column, start: open, end: position }
      if (current !== undefined) {
        flush(current)
        current.element.children.push(element)
      } else if (root === undefined) {
        root = element
      } else {
        throw new Error('unexpected second root')
      }
      if (!tag.empty) current = { element, scope: tag.scope, text: '', parent: current }
    }
  }
  if (root === undefined || current !== undefined) throw new Error('unexpected end of text')
  return root
}

type Growing = Omit<XmlElement, 'children' | 'end'> & { readonly children: XmlNode[]; end: number }

/** An element whose end tag is still to come. */
interface Open {
  readonly element: Growing
  readonly scope: Scope
  /** since the last child */
  text: string
  readonly parent: Open | undefined
}

function flush(open: Open): void {
  if (open.text !== '') open.element.children.push(open.text)
  open.text = ''
}

function after(source: string, mark: string, from: number): number {
  const at = source.indexOf(mark, from)
  if (at < 0) throw new Error('unexpected end of markup')
  return at + mark.length
}

/** Line and column (from 1) of offsets that only ever grow. */
function lineFinder(source: string): (offset: number) => { line: number; column: number } {
  let line = 1
  let lineStart = 0
  let newline = source.indexOf('\n')
  return (offset) => {
    while (newline >= 0 && newline < offset) {
      line += 1
      lineStart = newline + 1
      newline = source.indexOf('\n', lineStart)
    }
    return { line, column: offset - lineStart + 1 }
  }
}

import { DocumentLimit, NAMESPACE_LIMIT, NODE_LIMIT } from './limits.ts'
import { NS } from './names.ts'
import { inPieces } from './pieces.ts'
import type { XmlAttribute, XmlElement, XmlNode } from './tree.ts'

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

/** Prefix to namespace. Each level inherits from the one around it (prototypes, not copies: a stranger chooses how many). */
interface Scope {
  readonly prefixes: Readonly<Record<string, string>>
}

const ROOT_SCOPE: Scope = { prefixes: Object.assign(Object.create(null), { '': '', xml: NS.xml }) }

interface Tag {
  ns: string
  local: string
  attributes: readonly XmlAttribute[]
  scope: Scope
  /** length of the longest namespace name it declares */
  longest: number
  end: number
  empty: boolean
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

// XML 1.0 §2.3: four characters are white space; JavaScript's \s has more, some of which a name may hold (U+1680, U+FEFF)
const NAME_END = /[ \t\r\n/>=]/g
const SPACE = /[ \t\r\n]/

const NO_ATTRIBUTES: readonly XmlAttribute[] = []

function readTag(source: string, open: number, outer: Scope): Tag {
  let position = nameEnd(source, open + 1)
  const name = source.slice(open + 1, position)
  const raw: { readonly name: string; readonly value: string }[] = []
  let declared: Record<string, string> | undefined
  let longest = 0
  for (;;) {
    while (SPACE.test(source.charAt(position))) position += 1
    const c = source.charAt(position)
    if (c === '>' || c === '/') {
      const scope = declared === undefined ? outer : { prefixes: declared }
      const empty = c === '/'
      const attributes = raw.length === 0 ? NO_ATTRIBUTES : raw.map((a) => resolveAttribute(a.name, a.value, scope))
      const { ns, local } = resolve(name, scope)
      return { ns, local, attributes, scope, longest, end: position + (empty ? 2 : 1), empty }
    }
    const end = nameEnd(source, position)
    const attributeName = source.slice(position, end)
    const quoteAt = source.indexOf('=', end) + 1
    let valueAt = quoteAt
    while (SPACE.test(source.charAt(valueAt))) valueAt += 1
    const quote = source.charAt(valueAt)
    const valueEnd = source.indexOf(quote, valueAt + 1)
    if (quoteAt === 0 || valueEnd < 0 || end === position) throw new Error('unexpected attribute syntax')
    const value = decodeAttribute(source.slice(valueAt + 1, valueEnd))
    if (attributeName === 'xmlns' || attributeName.startsWith('xmlns:')) {
      declared ??= Object.create(outer.prefixes) as Record<string, string>
      declared[attributeName.slice(6)] = value
      longest = Math.max(longest, value.length)
    } else {
      raw.push({ name: attributeName, value })
    }
    position = valueEnd + 1
  }
}

function nameEnd(source: string, from: number): number {
  NAME_END.lastIndex = from
  const match = NAME_END.exec(source)
  if (match === null) throw new Error('unexpected end of tag')
  return match.index
}

function resolve(name: string, scope: Scope): { ns: string; local: string } {
  const colon = name.indexOf(':')
  const prefix = colon < 0 ? '' : name.slice(0, colon)
  const ns = scope.prefixes[prefix]
  if (ns === undefined) throw new Error('unexpected unbound prefix')
  return { ns, local: name.slice(colon + 1) }
}

/** Namespaces in XML 1.0 §6.2: the default namespace does not apply to attributes. */
function resolveAttribute(name: string, value: string, scope: Scope): XmlAttribute {
  return name.includes(':') ? { ...resolve(name, scope), value } : { ns: '', local: name, value }
}

function after(source: string, mark: string, from: number): number {
  const at = source.indexOf(mark, from)
  if (at < 0) throw new Error('unexpected end of markup')
  return at + mark.length
}

function newlines(text: string): string {
  return text.includes('\r') ? inPieces(text, (piece) => piece.replace(/\r\n?/g, '\n'), betweenLines) : text
}

function betweenLines(text: string, end: number): number {
  return text.charCodeAt(end - 1) === 0x0d ? end - 1 : end
}

/** Not inside a reference. */
function betweenReferences(text: string, end: number): number {
  const start = text.lastIndexOf('&', end - 1)
  const close = start < 0 ? -1 : text.indexOf(';', start)
  return start < 0 || (close >= 0 && close < end) ? end : start
}

function decodeText(raw: string): string {
  return references(newlines(raw))
}

/** XML 1.0 §3.3.3 for attributes of type CDATA: literal white space becomes spaces, referenced white space stays. */
function decodeAttribute(raw: string): string {
  return references(/[\t\n\r]/.test(raw) ? inPieces(newlines(raw), (piece) => piece.replace(/[\t\n]/g, ' ')) : raw)
}

const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function references(text: string): string {
  return text.includes('&') ? inPieces(text, decodeReferences, betweenReferences) : text
}

function decodeReferences(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(\w+));/g, (_, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) {
      const character = PREDEFINED[name]
      if (character === undefined) throw new Error('unexpected entity reference')
      return character
    }
    return String.fromCodePoint(hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal ?? '', 10))
  })
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

/** Prefixes in force around an element, and those that its own start tag declares. */
export interface Surroundings {
  /** '' is the default namespace, '' for none */
  readonly around: Readonly<Record<string, string>>
  readonly declared: ReadonlySet<string>
}

/** What is in force at `target`, an element of `root`, which is the tree of `source`. */
export function surroundings(source: string, root: XmlElement, target: XmlElement): Surroundings {
  let scope = ROOT_SCOPE
  for (let element: XmlElement | undefined = root; element !== undefined && element !== target; ) {
    scope = scopeOf(source, element, scope)
    element = childAround(element, target)
  }
  const { prefixes } = scopeOf(source, target, scope)
  return { around: scope.prefixes, declared: new Set(prefixes === scope.prefixes ? [] : Object.keys(prefixes)) }
}

/** The prefixes that the first start tag of a text declares; the text stands on its own. */
export function declaredIn(text: string): ReadonlySet<string> {
  const { prefixes } = readTag(text, 0, ROOT_SCOPE).scope
  return new Set(prefixes === ROOT_SCOPE.prefixes ? [] : Object.keys(prefixes))
}

/** Remembered, since a stranger may ask for it a thousand times: a tree belongs to one source. */
const scopes = new WeakMap<XmlElement, Scope>()

function scopeOf(source: string, element: XmlElement, outer: Scope): Scope {
  const known = scopes.get(element)
  if (known !== undefined) return known
  const { scope } = readTag(source, element.start, outer)
  scopes.set(element, scope)
  return scope
}

/** The child of `element` that holds `target` or is it. By halving: a stranger chooses how many there are. */
function childAround({ children }: XmlElement, target: XmlElement): XmlElement | undefined {
  let low = 0
  let high = children.length
  while (low < high) {
    const middle = (low + high) >> 1
    let at = middle
    while (at < high && typeof children[at] === 'string') at += 1
    const child = children[at]
    // only texts from the middle on
    if (at >= high || child === undefined || typeof child === 'string' || target.start < child.start) high = middle
    else if (target.start < child.end) return child
    else low = at + 1
  }
  return undefined
}

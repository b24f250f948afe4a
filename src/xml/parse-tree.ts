import { decodeText, newlines } from './characters.ts'
import { BROKEN_TEXT_LIMIT, DocumentLimit, NAMESPACE_LIMIT, NODE_LIMIT } from './limits.ts'
import { isType, ROOT_SCOPE, readTag, type Scope } from './start-tag.ts'
import type { Diagnostic, XmlElement, XmlNode } from './tree.ts'
import { namesByDefault, namesPrefix } from './value-prefixes.ts'

/**
 * Builds the tree of a text that libxml2 has already found well-formed, namespace-well-formed and free of a DTD. It decides
 * nothing: on such text there is only one way to read it (XML 1.0 §2.10, §2.11, §3.3.3, §4.1), and a differential test
 * compares it with libxml2. What is none such a text throws NotWellFormed, and DocumentLimit a long namespace name or too many nodes.
 * Not recursive.
 */
export function scan(source: string): XmlElement {
  return new Scan(source).read()
}

/** A text is not well-formed although libxml2 found nothing. `at` says where. */
export class NotWellFormed extends Error {
  readonly at: Diagnostic

  constructor(message: string, { line, column }: { line: number; column: number }) {
    super(message)
    this.name = 'NotWellFormed'
    this.at = { line, column, message }
  }
}

/** XML 1.0 §2.8. libxml2 looks no more behind the root once it has told of anything, a namespace name that is no URI for one. */
const BEHIND = 'Behind the root element there may only be comments, processing instructions and white space.'

type Growing = Omit<XmlElement, 'children' | 'end' | 'namesPrefix'> & {
  readonly children: XmlNode[]
  end: number
  namesPrefix?: true
}

/** An element whose end tag is still to come. */
interface Open {
  readonly element: Growing
  readonly scope: Scope
  /** since the last child */
  text: string
  readonly parent: Open | undefined
}

class Scan {
  readonly #source: string
  readonly #place: (offset: number) => { line: number; column: number }
  #root: XmlElement | undefined
  #current: Open | undefined
  #position = 0
  /** elements and attributes */
  #nodes = 0
  /** what BROKEN_TEXT_LIMIT bounds */
  #broken = 0

  constructor(source: string) {
    this.#source = source
    this.#place = lineFinder(source)
  }

  read(): XmlElement {
    try {
      return this.#read()
    } catch (error) {
      if (!(error instanceof Error) || error instanceof DocumentLimit || error instanceof RangeError) throw error
      const behind = this.#root !== undefined && this.#current === undefined
      throw new NotWellFormed(
        behind ? BEHIND : `This is not well-formed: ${error.message}.`,
        this.#place(this.#position),
      )
    }
  }

  #read(): XmlElement {
    const source = this.#source
    this.#position = source.charCodeAt(0) === 0xfeff ? 1 : 0
    while (this.#position < source.length) {
      const open = source.indexOf('<', this.#position)
      if (open !== this.#position) this.#characters(this.#position, open < 0 ? source.length : open)
      if (open < 0) break
      this.#position = open
      this.#position = this.#markup(open)
    }
    if (this.#root === undefined || this.#current !== undefined) throw new Error('unexpected end of text')
    return this.#root
  }

  /** Takes in the markup at `open`. The offset behind it. */
  #markup(open: number): number {
    switch (this.#source.charCodeAt(open + 1)) {
      case 0x21 /* ! */:
        this.#breakText(open)
        return this.#declaration(open)
      case 0x3f /* ? */:
        this.#breakText(open)
        return after(this.#source, '?>', open + 2)
      case 0x2f /* / */:
        return this.#endTag(open)
      default:
        return this.#startTag(open)
    }
  }

  #breakText(open: number): void {
    this.#broken += this.#current?.text.length ?? 0
    if (this.#broken <= BROKEN_TEXT_LIMIT) return
    const message = 'Its text is broken up by too many comments, processing instructions or CDATA sections.'
    throw new DocumentLimit(message, this.#place(open))
  }

  #characters(from: number, to: number): void {
    const text = this.#source.slice(from, to)
    if (this.#current !== undefined) {
      this.#current.text += decodeText(text)
      return
    }
    const strange = text.search(/[^ \t\r\n]/)
    if (strange < 0) return
    this.#position = from + strange
    throw new Error('unexpected text')
  }

  /** A comment or a CDATA section: other declarations belong to a DTD. */
  #declaration(open: number): number {
    const source = this.#source
    if (source.startsWith('<!--', open)) return after(source, '-->', open + 4)
    if (!source.startsWith('<![CDATA[', open) || this.#current === undefined) {
      throw new Error('unexpected markup declaration')
    }
    const end = after(source, ']]>', open + 9)
    this.#current.text += newlines(source.slice(open + 9, end - 3))
    return end
  }

  #endTag(open: number): number {
    const ended = this.#current
    if (ended === undefined) throw new Error('unexpected end tag')
    const end = after(this.#source, '>', open)
    flush(ended)
    ended.element.end = end
    this.#current = ended.parent
    return end
  }

  #startTag(open: number): number {
    const parent = this.#current
    const tag = readTag(this.#source, open, parent?.scope ?? ROOT_SCOPE)
    const { line, column } = this.#place(open)
    if (tag.longest > NAMESPACE_LIMIT) {
      throw new DocumentLimit(`A namespace name or prefix has more than ${NAMESPACE_LIMIT} characters.`, {
        line,
        column,
      })
    }
    const { ns, local, attributes, end } = tag
    this.#nodes += 1 + attributes.length
    if (this.#nodes > NODE_LIMIT) {
      throw new DocumentLimit(`The document has more than ${NODE_LIMIT} elements and attributes.`, { line, column })
    }
    const element: Growing = { ns, local, attributes, children: [], line, column, start: open, end }
    if (attributes.some((a) => !isType(a) && holdsName(a.value, tag.scope, ns))) element.namesPrefix = true
    this.#append(element)
    if (!tag.empty) this.#current = { element, scope: tag.scope, text: '', parent }
    return end
  }

  #append(element: Growing): void {
    if (this.#current !== undefined) {
      flush(this.#current)
      this.#current.element.children.push(element)
    } else if (this.#root === undefined) {
      this.#root = element
    } else {
      throw new Error('unexpected second root')
    }
  }
}

function flush(open: Open): void {
  if (open.text === '') return
  open.element.children.push(open.text)
  if (holdsName(open.text, open.scope, open.element.ns)) open.element.namesPrefix = true
  open.text = ''
}

function holdsName(value: string, scope: Scope, ns: string): boolean {
  return namesPrefix(value, scope) || namesByDefault(value, scope, ns)
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

import { xmlDocGetRootElement } from 'libxml2-wasm/lib/libxml2.mjs'
import type { ParsedDocument } from './libxml.ts'
import { BROKEN_TEXT_LIMIT, NAMESPACE_LIMIT } from './limits.ts'
import { NODE, SPACE, TYPE } from './native-layout.ts'
import { endOf, memory, textAt } from './native-memory.ts'
import { type ElementName, type Names, Spaces } from './native-names.ts'
import { Places } from './native-places.ts'
import type { XmlAttribute, XmlElement, XmlNode } from './tree.ts'

/** Thrown where a document is not as plain as reading it in libxml2's memory needs: it is read with care then. */
export const NOT_PLAIN = new Error('not plain')

/** Thrown where white space that was left out counts, or may: a document is parsed again with it then. */
export const BLANKS_COUNT = new Error('white space counts')

/** A document as libxml2 has parsed it, read where it lies, for as long as it is not disposed of. */
export class NativeDocument {
  readonly text: string
  readonly names: Names
  readonly spaces: Spaces
  readonly root: NativeElement
  /** white space beside elements is there */
  readonly blanks: boolean
  /** prefixes that some element or other declares, as a scope has them */
  readonly prefixes: Record<string, string> = Object.create(null)
  /** some default namespace that was declared is such a one */
  foreignDefault = false
  readonly #places: Places
  #breaks = 0

  constructor({ pointer, blanks }: ParsedDocument, text: string, names: Names) {
    this.text = text
    this.blanks = blanks
    this.names = names
    this.spaces = new Spaces(names)
    const root = xmlDocGetRootElement(pointer)
    this.#places = new Places(text, root)
    this.root = new NativeElement(this, root, 0)
  }

  /** Of an element. */
  nameOf(pointer: number): ElementName {
    const { words } = memory
    const at = pointer >>> 2
    return this.names.element(this.spaces.at(words[at + NODE.ns] ?? 0), words[at + NODE.name] ?? 0)
  }

  place(pointer: number, ordinal: number): { readonly line: number; readonly column: number } {
    return this.#places.at(pointer, ordinal)
  }

  /** A comment, processing instruction or CDATA section: no more of them than BROKEN_TEXT_LIMIT has, whatever text there is. */
  breakText(): void {
    if (!this.blanks) throw BLANKS_COUNT
    this.#breaks += 1
    if (this.#breaks * this.text.length > BROKEN_TEXT_LIMIT) throw NOT_PLAIN
  }

  /**
   * Takes in what an element declares, its nsDef. Whether the default namespace among that is one that only some know, so that values may be
   * names of it; undefined where it declares none.
   */
  declare(first: number): boolean | undefined {
    const { words } = memory
    let isForeign: boolean | undefined
    for (let at = first; at !== 0; at = words[(at >>> 2) + SPACE.next] ?? 0) {
      const [href = 0, prefix = 0] = [words[(at >>> 2) + SPACE.href], words[(at >>> 2) + SPACE.prefix]]
      if (href !== 0 && endOf(href) - href > NAMESPACE_LIMIT) throw NOT_PLAIN
      if (prefix === 0) isForeign = !this.spaces.at(at).everybodys
      else if (endOf(prefix) - prefix > NAMESPACE_LIMIT) throw NOT_PLAIN
      else this.prefixes[textAt(prefix)] = 'declared'
    }
    this.foreignDefault ||= isForeign === true
    return isForeign
  }
}

/**
 * An element of libxml2's tree as everybody here knows elements; what is below it is read when it is asked for. It has no offsets, and
 * no names in values: who asks for them finds the document not plain.
 */
export class NativeElement implements XmlElement {
  readonly pointer: number
  readonly ns: string
  readonly local: string
  readonly #document: NativeDocument
  /** the how manieth element of the document it is, from 0; -1 where nobody knows yet */
  readonly #ordinal: number
  #attributes: XmlAttribute[] | undefined
  #children: XmlNode[] | undefined
  #elements: NativeElement[] | undefined

  /** `name`: where it is known already, and what the element declares was taken in. */
  constructor(document: NativeDocument, pointer: number, ordinal = -1, name: ElementName | undefined = undefined) {
    const declared = memory.words[(pointer >>> 2) + NODE.declared] ?? 0
    if (name === undefined && declared !== 0) document.declare(declared)
    const { space, local } = name ?? document.nameOf(pointer)
    this.pointer = pointer
    this.ns = space.ns
    this.local = local
    this.#document = document
    this.#ordinal = ordinal
  }

  get line(): number {
    return this.#document.place(this.pointer, this.#ordinal).line
  }

  get column(): number {
    return this.#document.place(this.pointer, this.#ordinal).column
  }

  get start(): number {
    throw NOT_PLAIN
  }

  get end(): number {
    throw NOT_PLAIN
  }

  get attributes(): readonly XmlAttribute[] {
    this.#attributes ??= this.#readAttributes()
    return this.#attributes
  }

  get children(): readonly XmlNode[] {
    this.#children ??= this.#readChildren()
    return this.#children
  }

  #readAttributes(): XmlAttribute[] {
    const { words } = memory
    const { spaces, names } = this.#document
    const attributes: XmlAttribute[] = []
    for (
      let at = words[(this.pointer >>> 2) + NODE.attributes] ?? 0;
      at !== 0;
      at = words[(at >>> 2) + NODE.next] ?? 0
    ) {
      const space = spaces.at(words[(at >>> 2) + NODE.ns] ?? 0)
      const { local } = names.attribute(space, words[(at >>> 2) + NODE.name] ?? 0)
      attributes.push({ ns: space.ns, local, value: textAt(charactersOf(at)) })
    }
    return attributes
  }

  attributeNamed(wanted: string): string | undefined {
    if (this.#attributes !== undefined) {
      return this.#attributes.find(({ ns, local }) => local === wanted && ns === '')?.value
    }
    const { words } = memory
    const { spaces, names } = this.#document
    for (
      let at = words[(this.pointer >>> 2) + NODE.attributes] ?? 0;
      at !== 0;
      at = words[(at >>> 2) + NODE.next] ?? 0
    ) {
      if (words[(at >>> 2) + NODE.ns] !== 0) continue
      const { local } = names.attribute(spaces.at(0), words[(at >>> 2) + NODE.name] ?? 0)
      if (local === wanted) return textAt(charactersOf(at))
    }
    return undefined
  }

  get isParent(): boolean {
    const { words } = memory
    for (let at = words[(this.pointer >>> 2) + NODE.children] ?? 0; at !== 0; at = words[(at >>> 2) + NODE.next] ?? 0) {
      if (words[(at >>> 2) + NODE.type] === TYPE.element) return true
      if (words[(at >>> 2) + NODE.type] !== TYPE.text) this.#document.breakText()
    }
    return false
  }

  hasChild(ns: string, locals: readonly string[]): boolean {
    const { words } = memory
    for (let at = words[(this.pointer >>> 2) + NODE.children] ?? 0; at !== 0; at = words[(at >>> 2) + NODE.next] ?? 0) {
      const type = words[(at >>> 2) + NODE.type]
      if (type === TYPE.element) {
        const name = this.#document.nameOf(at)
        if (name.space.ns === ns && locals.includes(name.local)) return true
      } else if (type !== TYPE.text) this.#document.breakText()
    }
    return false
  }

  childrenNamed(ns: string, locals: readonly string[]): XmlElement[] {
    if (this.#elements !== undefined) {
      return this.#elements.filter((element) => element.ns === ns && locals.includes(element.local))
    }
    const { words } = memory
    const found: XmlElement[] = []
    for (let at = words[(this.pointer >>> 2) + NODE.children] ?? 0; at !== 0; at = words[(at >>> 2) + NODE.next] ?? 0) {
      const type = words[(at >>> 2) + NODE.type]
      if (type === TYPE.element) {
        const name = this.#document.nameOf(at)
        if (name.space.ns !== ns || !locals.includes(name.local)) continue
        found.push(new NativeElement(this.#document, at))
      } else if (type !== TYPE.text) this.#document.breakText()
    }
    return found
  }

  /** The element children, without a look at the text between them. */
  get elements(): readonly NativeElement[] {
    this.#elements ??= this.#readElements()
    return this.#elements
  }

  #readElements(): NativeElement[] {
    const { words } = memory
    const elements: NativeElement[] = []
    for (let at = words[(this.pointer >>> 2) + NODE.children] ?? 0; at !== 0; at = words[(at >>> 2) + NODE.next] ?? 0) {
      const type = words[(at >>> 2) + NODE.type]
      if (type === TYPE.element) elements.push(new NativeElement(this.#document, at))
      else if (type !== TYPE.text) this.#document.breakText()
    }
    return elements
  }

  #readChildren(): XmlNode[] {
    const { words } = memory
    const { elements } = this
    const children: XmlNode[] = []
    let next = 0
    for (let at = words[(this.pointer >>> 2) + NODE.children] ?? 0; at !== 0; at = words[(at >>> 2) + NODE.next] ?? 0) {
      const type = words[(at >>> 2) + NODE.type]
      if (type === TYPE.element) {
        children.push(elements[next] as NativeElement)
        next += 1
        continue
      }
      if (type !== TYPE.text) this.#document.breakText()
      if (type === TYPE.instruction || type === TYPE.comment) continue
      if (type !== TYPE.text && type !== TYPE.cdata) throw NOT_PLAIN
      const text = textAt(words[(at >>> 2) + NODE.content] ?? 0)
      const last = children.at(-1)
      if (typeof last === 'string') children[children.length - 1] = last + text
      else if (text !== '') children.push(text)
    }
    return children
  }
}

/** Bytes of what facts may depend on: what is longer is looked at once, by whoever reads step by step, and only if it is valid. */
const LONGEST = 4096

/** Are there more than those at `start`? 0 stands for no text. */
export function isLong(start: number): boolean {
  return start !== 0 && endOf(start) - start > LONGEST
}

/** The characters of an attribute (xmlAttr), which is one text; 0 where it is empty. */
export function charactersOf(attribute: number): number {
  const { words } = memory
  const first = words[(attribute >>> 2) + NODE.children] ?? 0
  if (first === 0) return 0
  if (words[(first >>> 2) + NODE.type] !== TYPE.text || words[(first >>> 2) + NODE.next] !== 0) throw NOT_PLAIN
  return words[(first >>> 2) + NODE.content] ?? 0
}

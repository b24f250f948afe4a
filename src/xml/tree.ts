/**
 * An XML element as the gateway sees it: names resolved, entities and CDATA decoded, comments and processing
 * instructions gone. Plain data, so it can cross threads. `line` and `column` (both from 1) point into the text it was
 * read from; `start` and `end` are offsets into that text (UTF-16 code units), `end` just behind the closing `>`.
 */
export interface XmlElement {
  readonly ns: string
  readonly local: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlNode[]
  readonly line: number
  readonly column: number
  readonly start: number
  readonly end: number
  /** the element children, where they can be had without the text between them */
  readonly elements?: readonly XmlElement[]
  /** whether it has element children, where that can be told without them */
  readonly isParent?: boolean
  /** whether one of them has one of these names, where that can be told without them */
  hasChild?(ns: string, locals: readonly string[]): boolean
  /** the value of the attribute without prefix of that name, where it can be had without the others */
  attributeNamed?(local: string): string | undefined
  /** the element children of one of these names, where they can be had without the others */
  childrenNamed?(ns: string, locals: readonly string[]): XmlElement[]
  /** an attribute's value, or a text right in it, has a name that says something only under the declarations here: value-prefixes.ts */
  readonly namesPrefix?: true
}

/** `ns` is '' for an attribute without prefix. Namespace declarations are not attributes. */
export interface XmlAttribute {
  readonly ns: string
  readonly local: string
  readonly value: string
  /** of an xsi:type: the namespace of the type that it names; '' for none, and where its prefix is declared nowhere */
  readonly typeNs?: string
}

/** Text is a plain string; two strings never stand side by side. */
export type XmlNode = XmlElement | string

/** One thing wrong with a document: lines and columns from 1; 0 where unknown. */
export interface Diagnostic {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** The value of the attribute without prefix named `local`, or undefined. */
export function attribute(element: XmlElement, local: string): string | undefined {
  if (element.attributeNamed !== undefined) return element.attributeNamed(local)
  for (const a of element.attributes) if (a.local === local && a.ns === '') return a.value
  return undefined
}

/** The element children, text left out. */
export function elements(element: XmlElement): XmlElement[] {
  if (element.elements !== undefined) return [...element.elements]
  return element.children.filter((child) => typeof child !== 'string')
}

/** Has it element children? */
export function isParent(element: XmlElement): boolean {
  return element.isParent ?? element.children.some((c) => typeof c !== 'string')
}

/** Has it an element child of one of these names? */
export function hasChild(element: XmlElement, ns: string, locals: readonly string[]): boolean {
  if (element.hasChild !== undefined) return element.hasChild(ns, locals)
  return element.children.some((c) => typeof c !== 'string' && c.ns === ns && locals.includes(c.local))
}

/** The element children of one of these names. */
export function childrenNamed(element: XmlElement, ns: string, ...locals: readonly string[]): XmlElement[] {
  if (element.childrenNamed !== undefined) return element.childrenNamed(ns, locals)
  return elements(element).filter((c) => c.ns === ns && locals.includes(c.local))
}

/** The first element child of that name, or undefined. */
export function child(element: XmlElement, ns: string, local: string): XmlElement | undefined {
  for (const c of element.elements ?? element.children)
    if (typeof c !== 'string' && c.local === local && c.ns === ns) return c
  return undefined
}

/** All text inside the element, in document order. */
export function text(element: XmlElement): string {
  const [only, ...others] = element.children
  if (only === undefined) return ''
  if (others.length === 0 && typeof only === 'string') return only
  return element.children.map((c) => (typeof c === 'string' ? c : text(c))).join('')
}

/** The first of the element and everything below it, in document order, that is such a one. Not recursive: depth is the sender's choice. */
export function findIn(root: XmlElement, isOne: (element: XmlElement) => boolean): XmlElement | undefined {
  const stack = [root]
  for (let element = stack.pop(); element !== undefined; element = stack.pop()) {
    if (isOne(element)) return element
    const { children } = element
    for (let i = children.length - 1; i >= 0; i -= 1) {
      const c = children[i]
      if (c !== undefined && typeof c !== 'string') stack.push(c)
    }
  }
  return undefined
}

/**
 * Looks at one element; `level` is how deep it stands, 1 the element that the walk begins with. Whom it returns looks at all that is
 * below; when that is nobody, it does so itself; null: no look is needed at it.
 */
export type Visitor = (element: XmlElement, level: number) => Visitor | undefined | null

/** Shows the element and everything below it to `visitor`, in document order. Not recursive: depth is the sender's choice. */
export function walk(root: XmlElement, visitor: Visitor): void {
  const stack: XmlElement[] = [root]
  // who looks at each of them
  const visitors: Visitor[] = [visitor]
  const levels: number[] = [1]
  for (let element = stack.pop(); element !== undefined; element = stack.pop()) {
    const visit = visitors.pop() ?? visitor
    const level = levels.pop() ?? 1
    const next = visit(element, level)
    if (next === null) continue
    const below = next ?? visit
    const children = element.elements ?? element.children
    for (let i = children.length - 1; i >= 0; i -= 1) {
      const c = children[i]
      if (c === undefined || typeof c === 'string') continue
      stack.push(c)
      visitors.push(below)
      levels.push(level + 1)
    }
  }
}

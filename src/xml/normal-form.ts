import { inPieces } from './chunked-replace.ts'
import { DocumentLimit, NORMAL_FORM_LIMIT } from './limits.ts'
import { NS } from './namespaces.ts'
import { isType } from './start-tag.ts'
import type { XmlAttribute, XmlElement, XmlNode } from './tree.ts'

/** What the normal form must know of a vocabulary. */
export interface ContentModel {
  /** Element-only content: white space between its child elements means nothing and is dropped. */
  elementOnly(element: XmlElement): boolean
  /** Extension content: below it every character stays. */
  opaque(element: XmlElement): boolean
}

/**
 * The normal form of docs/grid-profile.md: no element prefixes but `xml:`, a default namespace where it changes, attributes in the
 * order of Canonical XML, `ns1`, `ns2`... for attribute namespaces, no xsi:type with a prefix or of another default namespace, no white space in element-only
 * content. The text is
 * its own exclusive canonical form (so it can be hashed as it stands). `skip` leaves out element children of the root; `again` is for
 * a text that was in normal form before somebody gave it prefixes. Not recursive. Throws DocumentLimit.
 */
export function normalForm(
  root: XmlElement,
  model: ContentModel,
  skip?: (child: XmlElement) => boolean,
  again = false,
): string {
  const out = new Output()
  const declared = new Map<string, string>()
  const stack: Frame[] = []
  const open = (element: XmlElement, parent: Frame | undefined) => {
    const around = parent?.defaultNs ?? ''
    const hidden = startTag(out, element, around, declared, again)
    const opaque = parent?.opaque === true || model.opaque(element)
    // the namespace of `xml:` cannot be the default (Namespaces in XML 1.0 §3)
    const defaultNs = element.ns === NS.xml ? around : element.ns
    stack.push({ element, defaultNs, hidden, opaque, drop: !opaque && model.elementOnly(element), next: 0 })
  }
  open(root, undefined)
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child: XmlNode | undefined = frame.element.children[frame.next]
    frame.next += 1
    if (child === undefined) {
      out.add(`</${nameOf(frame.element)}>`)
      restore(declared, frame.hidden)
      stack.pop()
    } else if (typeof child === 'string') {
      if (!(frame.drop && isWhiteSpace(child))) out.add(escapeText(child))
    } else if (!(stack.length === 1 && skip?.(child) === true)) {
      open(child, frame)
    }
  }
  return out.text
}

/** A text that grows, up to the limit. One that grows by `+=` keeps all its pieces, until somebody asks for a character of it. */
class Output {
  #done = ''
  #part = ''
  #pieces = 0
  #length = 0

  add(piece: string): void {
    this.#length += piece.length
    if (this.#length > NORMAL_FORM_LIMIT) {
      throw new DocumentLimit(`Without prefixes the document would have more than ${NORMAL_FORM_LIMIT} characters.`)
    }
    this.#part += piece
    this.#pieces += 1
    if (this.#pieces >= 4096) this.#join()
  }

  get text(): string {
    this.#join()
    return this.#done
  }

  #join(): void {
    // what is not used of the answer would not be asked
    if (this.#part.charCodeAt(0) === 0) throw new Error('unexpected NUL')
    this.#done += this.#part
    this.#part = ''
    this.#pieces = 0
  }
}

interface Frame {
  readonly element: XmlElement
  /** what an element without prefix is in, inside of it */
  readonly defaultNs: string
  /** what the attribute prefixes that it declares stood for around it */
  readonly hidden: Hidden
  readonly opaque: boolean
  readonly drop: boolean
  next: number
}

export type Hidden = readonly (readonly [prefix: string, ns: string | undefined])[]

/** `declared` is attribute prefix to namespace at this place of the text: one map, since a copy per element is quadratic. */
export function startTag(
  out: { add(piece: string): void },
  element: XmlElement,
  around: string,
  declared: Map<string, string>,
  again: boolean,
): Hidden {
  const attributes = written(element, again)
  const declares = element.ns !== around && element.ns !== NS.xml
  out.add(declares ? `<${element.local} xmlns="${escapeAttribute(element.ns)}"` : `<${nameOf(element)}`)
  if (attributes.length === 0) {
    out.add('>')
    return NOTHING_HIDDEN
  }
  const names = attributePrefixes(attributes)
  const hidden: [string, string | undefined][] = []
  for (const [ns, prefix] of names) {
    const before = declared.get(prefix)
    if (before === ns) continue
    hidden.push([prefix, before])
    declared.set(prefix, ns)
  }
  // Canonical XML 1.0 §2.2: namespace nodes by prefix, so ns10 before ns2
  for (const [prefix] of hidden.sort((a, b) => byCodePoint(a[0], b[0]))) {
    out.add(` xmlns:${prefix}="${escapeAttribute(declared.get(prefix) ?? '')}"`)
  }
  for (const attribute of attributes.length > 1 ? attributes.toSorted(canonicalOrder) : attributes) {
    const prefix = attribute.ns === '' ? '' : attribute.ns === NS.xml ? 'xml:' : `${names.get(attribute.ns)}:`
    out.add(` ${prefix}${attribute.local}="${escapeAttribute(attribute.value)}"`)
  }
  out.add('>')
  return hidden
}

function nameOf({ ns, local }: XmlElement): string {
  return ns === NS.xml ? `xml:${local}` : local
}

/**
 * What an xsi:type says depends on declarations around it, and Brokers drop those that no name uses: left in, it would name another
 * type, or none. The document itself travels as `original` then. So one without a prefix, in what was in normal form, names a type of
 * its element's namespace, whatever prefixes have come since.
 */
function written(element: XmlElement, again: boolean): readonly XmlAttribute[] {
  const { attributes } = element
  const left = (a: XmlAttribute) => isUnsettledType(element, a) && !(again && !a.value.includes(':'))
  return attributes.some(left) ? attributes.filter((a) => !left(a)) : attributes
}

/**
 * Is it an xsi:type (XML Schema Part 1 §2.6.1) whose name would be another in normal form? It has a prefix, or is of another namespace
 * than the element.
 */
export function isUnsettledType(element: XmlElement, { ns, local, value, typeNs }: XmlAttribute): boolean {
  return isType({ ns, local }) && (value.includes(':') || (typeNs ?? element.ns) !== element.ns)
}

export function restore(declared: Map<string, string>, hidden: Hidden): void {
  for (const [prefix, ns] of hidden) {
    if (ns === undefined) declared.delete(prefix)
    else declared.set(prefix, ns)
  }
}

export const NOTHING_HIDDEN: Hidden = []
const NO_PREFIXES: ReadonlyMap<string, string> = new Map()

/** Prefixes are numbered per element by namespace order: they depend on nothing but the element itself. */
function attributePrefixes(attributes: readonly XmlAttribute[]): ReadonlyMap<string, string> {
  if (attributes.every((a) => a.ns === '' || a.ns === NS.xml)) return NO_PREFIXES
  const spaces = new Set(attributes.map((a) => a.ns).filter((ns) => ns !== '' && ns !== NS.xml))
  return new Map([...spaces].sort(byCodePoint).map((ns, i) => [ns, `ns${i + 1}`]))
}

/** Canonical XML 1.0 §2.2: by namespace name, then by local name. */
export function canonicalOrder(a: Pick<XmlAttribute, 'ns' | 'local'>, b: Pick<XmlAttribute, 'ns' | 'local'>): number {
  return byCodePoint(a.ns, b.ns) || byCodePoint(a.local, b.local)
}

function byCodePoint(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    // surrogates stand for code points above every other code unit
    if (x !== y) return fix(x) - fix(y)
  }
  return a.length - b.length
}

function fix(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

export function isWhiteSpace(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i)
    if (c !== 0x20 && c !== 0x0a && c !== 0x09 && c !== 0x0d) return false
  }
  return true
}

const TEXT: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }
const ATTRIBUTE: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

/** Canonical XML 1.0 §2.3, text nodes. */
export function escapeText(text: string): string {
  return /[&<>\r]/.test(text) ? inPieces(text, (piece) => piece.replace(/[&<>\r]/g, (c) => TEXT[c] ?? c)) : text
}

/** Canonical XML 1.0 §2.3, attribute nodes. */
export function escapeAttribute(value: string): string {
  return /[&<"\t\n\r]/.test(value)
    ? inPieces(value, (piece) => piece.replace(/[&<"\t\n\r]/g, (c) => ATTRIBUTE[c] ?? c))
    : value
}

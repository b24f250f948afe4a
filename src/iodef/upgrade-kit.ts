import { NS } from '../xml/namespaces.ts'
import { elements, text, type XmlAttribute, type XmlElement, type XmlNode } from '../xml/tree.ts'

/** An attribute by its IODEF 2 name; undefined is none. */
export type Attributes = Readonly<Record<string, string | undefined>>

/** An IODEF 2 element that stands nowhere in a text. */
export function make(local: string, attributes: readonly XmlAttribute[], children: readonly XmlNode[]): XmlElement {
  return { ns: NS.iodef2, local, attributes, children, line: 0, column: 0, start: 0, end: 0 }
}

/**
 * The attributes of an IODEF 1 element as IODEF 2 has them: `lang` is `xml:lang` everywhere (RFC 7970 §4.4), `rename` says what
 * else has another name, and `set` comes on top. What XML Schema puts on instances (xsi:type, xsi:schemaLocation) speaks of
 * IODEF 1's schema and goes.
 */
export function carried(
  element: XmlElement,
  rename: Readonly<Record<string, string>> = {},
  set: Attributes = {},
): XmlAttribute[] {
  const own = element.attributes
    .filter((a) => a.ns === '' && !Object.hasOwn(set, rename[a.local] ?? a.local))
    .map((a) => (a.local === 'lang' ? { ...a, ns: NS.xml } : { ...a, local: rename[a.local] ?? a.local }))
  return [...own, ...plain(set)]
}

/** As attributes of a tree. */
export function plain(attributes: Attributes): XmlAttribute[] {
  return Object.entries(attributes).flatMap(([local, value]) => (value === undefined ? [] : { ns: '', local, value }))
}

/** Text in a language is IODEF 2's MLStringType: the content of `element` and its language, under another name. */
export function retold(element: XmlElement, local: string): XmlElement {
  const lang = element.attributes.filter((a) => a.ns === '' && a.local === 'lang').map((a) => ({ ...a, ns: NS.xml }))
  return make(local, lang, element.children)
}

/** The text of a class that has only child elements in IODEF 2, as its Description; nothing where there is no text. */
export function described(element: XmlElement): XmlElement[] {
  return isBlank(text(element)) ? [] : [retold(element, 'Description')]
}

/** What IODEF 2 has no place for, as a Description. */
export function note(value: string | undefined, label = ''): XmlElement[] {
  if (value === undefined || isBlank(value)) return []
  return [make('Description', [], [label === '' ? value : `${label}: ${value}`])]
}

/** The list with `added` before the first element of that name, or at its end. */
export function before(list: readonly XmlElement[], local: string, added: readonly XmlElement[]): XmlElement[] {
  const at = list.findIndex((e) => e.local === local)
  return at < 0 ? [...list, ...added] : [...list.slice(0, at), ...added, ...list.slice(at)]
}

/** The element children of that IODEF 1 class. */
export function all(element: XmlElement, local: string): XmlElement[] {
  return elements(element).filter((e) => e.ns === NS.iodef1 && e.local === local)
}

export function isBlank(value: string): boolean {
  return /^[ \t\r\n]*$/.test(value)
}

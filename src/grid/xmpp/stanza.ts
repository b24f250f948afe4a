import { type Element, xml } from '@xmpp/client'

/** The text of a stanza is not well-formed, or its namespaces are not. */
export class BuildError extends Error {}

/** No markup declaration, no processing instruction. */
const NAME = /[^\s/>=<"'&!?][^\s/>=<"'&]*/y
const SPACE = /\s*/y
const ATTRIBUTE = /\s+([^\s/>=<"'&]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));|&/g
const BAD_REFERENCE = /&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)/
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** One child element of a pubsub item: its text as it was received. */
interface Payload {
  readonly text: string
  /** where `<name` ends, for declarations to be put in */
  readonly nameEnd: number
}

const payloads = new WeakMap<Element, Payload>()

/** The element of a start tag such as a stream header. */
export function buildHead(text: string): Element {
  return readTag(text, text.indexOf('<'), null).element
}

/**
 * The tree of one stanza, `parent` being the stream's root. The payload of a pubsub item is not built: it keeps its text
 * (`payloadXml`), to be read by the one parser that decides about documents. Throws BuildError.
 */
export function buildStanza(text: string, parent: Element): Element {
  let current = parent
  let root: Element | undefined
  /** names of the open elements inside a payload */
  const inside: string[] = []
  let payloadStart = 0
  let payloadNameEnd = 0
  let i = 0
  while (i < text.length) {
    const lt = text.indexOf('<', i)
    if (lt !== i) {
      const chars = text.slice(i, lt === -1 ? text.length : lt)
      if (current === parent) throw new BuildError('text outside of an element')
      if (inside.length === 0) current.t(decoded(chars))
      i = lt === -1 ? text.length : lt
    } else if (text.startsWith('<![CDATA[', i)) {
      const end = text.indexOf(']]>', i)
      if (end === -1) throw new BuildError('a CDATA section does not end')
      if (inside.length === 0) current.t(text.slice(i + 9, end))
      i = end + 3
    } else if (text[i + 1] === '/') {
      const end = text.indexOf('>', i)
      const name = text.slice(i + 2, end).trimEnd()
      i = end + 1
      const open = inside.length > 0 ? inside.pop() : current.name
      if (name !== open) throw new BuildError('tags do not match')
      if (inside.length === 0) {
        keepPayload(current, text.slice(payloadStart, i), payloadNameEnd - payloadStart)
        current = current.parent ?? parent
      }
    } else if (inside.length > 0) {
      const tag = skipTag(text, i)
      if (!tag.empty) inside.push(tag.name)
      i = tag.end
    } else {
      const tag = readTag(text, i, current)
      if (root && current === parent) throw new BuildError('more than one element')
      root ??= tag.element
      if (current !== parent) current.append(tag.element)
      if (isItem(current)) {
        payloadStart = i
        payloadNameEnd = i + 1 + tag.element.name.length
        if (tag.empty) keepPayload(tag.element, text.slice(i, tag.end), tag.element.name.length + 1)
        else {
          inside.push(tag.element.name)
          current = tag.element
        }
      } else if (!tag.empty) current = tag.element
      i = tag.end
    }
  }
  if (!root || current !== parent) throw new BuildError('an element does not end')
  return root
}

/**
 * The payload element of a pubsub item as XML of its own: its text as received, with the namespaces it inherits declared.
 * Undefined when the item has none, or has more than one (XEP-0060 §7.1.2 allows one).
 */
export function payloadXml(item: Element): string | undefined {
  const children = item.getChildElements()
  const child = children[0]
  const payload = child && children.length === 1 ? payloads.get(child) : undefined
  if (!child || !payload || item.text().trim() !== '') return undefined
  const declarations: string[] = []
  const seen = new Set<string>()
  for (const name of Object.keys(child.attrs)) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) seen.add(name)
  }
  for (let e: Element | null = item; e; e = e.parent) {
    for (const [name, value] of Object.entries(e.attrs)) {
      if (seen.has(name) || value === undefined) continue
      const prefix = name.startsWith('xmlns:') ? name.slice(6) : undefined
      if (prefix === undefined && name !== 'xmlns') continue
      seen.add(name)
      // a prefix may also stand in a value (xsi:type): any mention counts
      if (prefix === undefined || payload.text.includes(`${prefix}:`)) {
        declarations.push(` ${name}="${xml.escapeXML(value)}"`)
      }
    }
  }
  return payload.text.slice(0, payload.nameEnd) + declarations.join('') + payload.text.slice(payload.nameEnd)
}

/** Anything that would break the stream it is written into: undefined when `text` is one well-formed element. */
export function elementFlaw(text: string): string | undefined {
  if (BAD_REFERENCE.test(text)) return 'a reference to an entity nobody declared'
  const open: string[] = []
  let i = 0
  try {
    do {
      if (text[i] !== '<') throw new BuildError('text outside of an element')
      if (text[i + 1] === '/') {
        const end = text.indexOf('>', i)
        if (end === -1 || text.slice(i + 2, end).trimEnd() !== open.pop()) throw new BuildError('tags do not match')
        i = end + 1
      } else {
        const tag = skipTag(text, i)
        if (!tag.empty) open.push(tag.name)
        i = tag.end
      }
      if (open.length > 0) i = text.indexOf('<', i)
      if (i === -1) throw new BuildError('an element does not end')
    } while (open.length > 0)
  } catch (error) {
    if (error instanceof BuildError) return error.message
    throw error
  }
  return i === text.length ? undefined : 'something behind the element'
}

function keepPayload(element: Element, text: string, nameEnd: number): void {
  if (element.parent && isItem(element.parent)) payloads.set(element, { text, nameEnd })
}

/** XEP-0060: `<items><item>`, in an event or in an answer. */
function isItem(element: Element): boolean {
  return element.getName() === 'item' && element.parent?.getName() === 'items'
}

interface Tag {
  readonly element: Element
  readonly empty: boolean
  readonly end: number
}

function readTag(text: string, lt: number, parent: Element | null): Tag {
  NAME.lastIndex = lt + 1
  const name = NAME.exec(text)?.[0]
  if (lt === -1 || name === undefined) throw new BuildError('not a tag')
  const attrs: Record<string, string> = {}
  let i = NAME.lastIndex
  for (;;) {
    ATTRIBUTE.lastIndex = i
    const match = ATTRIBUTE.exec(text)
    if (!match) break
    i = ATTRIBUTE.lastIndex
    const key = match[1] as string
    if (Object.hasOwn(attrs, key)) throw new BuildError('an attribute stands twice')
    attrs[key] = decoded(match[2] ?? match[3] ?? '')
  }
  const { empty, end } = tagEnd(text, i)
  const element = new xml.Element(name, attrs)
  element.parent = parent
  if (name.includes(':') && element.getNS() === undefined) throw new BuildError('a prefix is not declared')
  return { element, empty, end }
}

/** A tag inside a payload: looked over, not kept. */
function skipTag(text: string, lt: number): { name: string; empty: boolean; end: number } {
  NAME.lastIndex = lt + 1
  const name = NAME.exec(text)?.[0]
  if (name === undefined) throw new BuildError('not a tag')
  let i = NAME.lastIndex
  for (;;) {
    ATTRIBUTE.lastIndex = i
    if (!ATTRIBUTE.test(text)) break
    i = ATTRIBUTE.lastIndex
  }
  return { name, ...tagEnd(text, i) }
}

function tagEnd(text: string, at: number): { empty: boolean; end: number } {
  SPACE.lastIndex = at
  SPACE.test(text)
  let i = SPACE.lastIndex
  const empty = text[i] === '/'
  if (empty) i += 1
  if (text[i] !== '>') throw new BuildError('a tag does not end')
  return { empty, end: i + 1 }
}

function decoded(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(REFERENCE, (_all, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] as string
    const code =
      decimal !== undefined ? Number.parseInt(decimal, 10) : hex !== undefined ? Number.parseInt(hex, 16) : -1
    if (!isChar(code)) throw new BuildError('not a character reference')
    return String.fromCodePoint(code)
  })
}

/** XML 1.0, production 2. */
function isChar(code: number): boolean {
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  )
}

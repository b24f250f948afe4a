import { decodeAttribute } from './characters.ts'
import { NS } from './namespaces.ts'
import type { XmlAttribute } from './tree.ts'

/** Prefix to namespace. Each level inherits from the one around it (prototypes, not copies: a stranger chooses how many). */
export interface Scope {
  readonly prefixes: Readonly<Record<string, string>>
}

/** Around the root. */
export const ROOT_SCOPE: Scope = { prefixes: Object.assign(Object.create(null), { '': '', xml: NS.xml }) }

interface Tag {
  ns: string
  local: string
  attributes: readonly XmlAttribute[]
  scope: Scope
  /** length of the longest namespace name, or prefix, that it declares */
  longest: number
  end: number
  empty: boolean
}

// XML 1.0 §2.3: four characters are white space; JavaScript's \s has more, some of which a name may hold (U+1680, U+FEFF)
const NAME_END = /[ \t\r\n/>=]/g

const NO_ATTRIBUTES: readonly XmlAttribute[] = []

/** Reads the start tag at `open`, of a text that libxml2 has found well-formed. Throws on what it does not expect. */
export function readTag(source: string, open: number, outer: Scope): Tag {
  const endOfName = nameEnd(source, open + 1)
  const raw: RawAttribute[] = []
  let declared: Record<string, string> | undefined
  let longest = 0
  let position = behindSpace(source, endOfName)
  while (!isTagEnd(source, position)) {
    const attribute = readAttribute(source, position)
    const { name, value } = attribute
    if (name === 'xmlns' || name.startsWith('xmlns:')) {
      declared ??= Object.create(outer.prefixes) as Record<string, string>
      declared[name.slice(6)] = value
      longest = Math.max(longest, value.length, name.length - 'xmlns:'.length)
    } else {
      raw.push(attribute)
    }
    position = behindSpace(source, attribute.end)
  }
  const scope = declared === undefined ? outer : { prefixes: declared }
  const { ns, local } = resolve(source.slice(open + 1, endOfName), scope)
  const attributes = raw.length === 0 ? NO_ATTRIBUTES : raw.map((a) => resolveAttribute(a.name, a.value, scope))
  const empty = source.charAt(position) === '/'
  return { ns, local, attributes, scope, longest, end: position + (empty ? 2 : 1), empty }
}

interface RawAttribute {
  readonly name: string
  readonly value: string
  readonly end: number
}

function readAttribute(source: string, start: number): RawAttribute {
  const endOfName = nameEnd(source, start)
  const quoteAt = source.indexOf('=', endOfName) + 1
  const valueAt = behindSpace(source, quoteAt)
  const valueEnd = source.indexOf(source.charAt(valueAt), valueAt + 1)
  if (quoteAt === 0 || valueEnd < 0 || endOfName === start) throw new Error('unexpected attribute syntax')
  const value = decodeAttribute(source.slice(valueAt + 1, valueEnd))
  return { name: source.slice(start, endOfName), value, end: valueEnd + 1 }
}

function isTagEnd(source: string, position: number): boolean {
  const c = source.charCodeAt(position)
  return c === 0x3e /* > */ || c === 0x2f /* / */
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x9 || c === 0xd || c === 0xa
}

function behindSpace(source: string, position: number): number {
  let behind = position
  while (isSpace(source.charCodeAt(behind))) behind += 1
  return behind
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
  if (!name.includes(':')) return { ns: '', local: name, value }
  const { ns, local } = resolve(name, scope)
  return isType({ ns, local }) ? { ns, local, value, typeNs: typeNs(value, scope) } : { ns, local, value }
}

/** xsi:type */
export function isType({ ns, local }: Pick<XmlAttribute, 'ns' | 'local'>): boolean {
  return ns === NS.xsi && local === 'type'
}

/** XML Schema Part 1 §2.6.1: a QName, in the default namespace where it has no prefix. */
function typeNs(value: string, { prefixes }: Scope): string {
  const name = value.trim()
  return prefixes[name.includes(':') ? name.slice(0, name.indexOf(':')) : ''] ?? ''
}

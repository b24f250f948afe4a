import { decodeAttribute } from './characters.ts'
import { NS } from './namespaces.ts'
import type { XmlAttribute } from './tree.ts'

/** Prefix to namespace. Each level inherits from the one around it (prototypes, not copies: a stranger chooses how many). */
export interface Scope {
  readonly prefixes: Readonly<Record<string, string>>
}

/** Around the root. */
export const ROOT_SCOPE: Scope = { prefixes: Object.assign(Object.create(null), { '': '', xml: NS.xml }) }

export interface Tag {
  ns: string
  local: string
  attributes: readonly XmlAttribute[]
  scope: Scope
  /** length of the longest namespace name it declares */
  longest: number
  end: number
  empty: boolean
}

// XML 1.0 §2.3: four characters are white space; JavaScript's \s has more, some of which a name may hold (U+1680, U+FEFF)
const NAME_END = /[ \t\r\n/>=]/g
const SPACE = /[ \t\r\n]/

const NO_ATTRIBUTES: readonly XmlAttribute[] = []

/** Reads the start tag at `open`, of a text that libxml2 has found well-formed. Throws on what it does not expect. */
export function readTag(source: string, open: number, outer: Scope): Tag {
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

import { NS } from './namespaces.ts'
import type { Scope } from './start-tag.ts'

/** Calls `found` with everything in a text that may be a prefix of a name, and the offset of its colon, until it returns true. */
export function findPrefix(text: string, found: (prefix: string, colon: number) => boolean): boolean {
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    let start = colon
    while (start > 0 && colon - start < LONGEST && !DELIMITERS.has(text.charAt(start - 1))) start -= 1
    if (found(text.slice(start, colon), colon)) return true
  }
  return false
}

/**
 * Does a value (of an attribute, or a text) hold a name like `p:address`, with a prefix that is declared around it? It says something
 * only while the declaration is there.
 */
export function namesPrefix(value: string, { prefixes }: Scope): boolean {
  return findPrefix(value, (prefix, colon) => {
    if (prefix === '' || prefix === 'xml' || (prefixes[prefix] ?? '') === '') return false
    return NAME_START.test(value.slice(colon + 1, colon + 3))
  })
}

/**
 * Does a value of an element of namespace `ns` hold what may be a name without a prefix, of a default namespace that is not the
 * element's? Servers drop a declaration that no element uses, and the normal form puts the element's own in its place. The default
 * namespace of a message names no value: everybody has it.
 */
export function namesByDefault(value: string, { prefixes }: Scope, ns: string): boolean {
  const byDefault = prefixes[''] ?? ''
  return byDefault !== ns && !isEverybodys(byDefault) && /[\p{L}\p{Nl}_]/u.test(value)
}

/** A default namespace that names nothing in values: none, or one that messages have. */
export function isEverybodys(ns: string): boolean {
  return ns === '' || EVERYBODYS.has(ns)
}

const EVERYBODYS: ReadonlySet<string> = new Set(Object.values(NS))

/** Of a local name, or XPath's `p:*`. */
const NAME_START = /^[\p{L}\p{Nl}_*]/u

/** What stands before a name in XML and in XPath. */
const DELIMITERS: ReadonlySet<string> = new Set(' \t\r\n<>/=\'"&;,:()[]{}|@!+*$#?')

/** characters of a prefix: who uses longer ones with a declaration elsewhere gets no text */
const LONGEST = 1000

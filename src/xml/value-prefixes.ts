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

/** Of a local name, or XPath's `p:*`. */
const NAME_START = /^[\p{L}\p{Nl}_*]/u

/** What stands before a name in XML and in XPath. */
const DELIMITERS: ReadonlySet<string> = new Set(' \t\r\n<>/=\'"&;,:()[]{}|@!+*$#?')

/** characters of a prefix: who uses longer ones with a declaration elsewhere gets no text */
const LONGEST = 1000

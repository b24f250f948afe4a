import { declaredIn, surroundings } from './in-scope-namespaces.ts'
import type { XmlElement } from './tree.ts'

/**
 * The source text of `target`, an element somewhere below `root`, as a document of its own: the very characters, plus
 * declarations of the namespace prefixes that it takes from around it, where it uses any. `stands` says whether a text means
 * the same on its own.
 */
export function extract(
  source: string,
  root: XmlElement,
  target: XmlElement,
  stands: (text: string) => boolean,
): string | undefined {
  const own = source.slice(target.start, target.end)
  if (stands(own)) return own
  const { around, declared } = surroundings(source, root, target)
  const declarations = [...usedIn(own)]
    .filter((prefix) => !declared.has(prefix) && (around[prefix] ?? '') !== '')
    .map(
      (prefix) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${(around[prefix] ?? '').replace(/[&<"]/g, escaped)}"`,
    )
  const nameEnd = own.search(/[ \t\r\n/>]/)
  const whole = own.slice(0, nameEnd) + declarations.join('') + own.slice(nameEnd)
  return stands(whole) ? whole : undefined
}

/** Does the first start tag of a text that stands on its own declare the prefix ('' for the default namespace) itself? */
export function declares(text: string, prefix: string): boolean {
  return declaredIn(text).has(prefix)
}

/** Everything that may be a prefix: of names, and of what an attribute or a text names (xsi:type, XPath). */
function usedIn(text: string): Set<string> {
  const prefixes = new Set([''])
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    let start = colon
    while (start > 0 && colon - start < LONGEST && !DELIMITERS.has(text.charAt(start - 1))) start -= 1
    prefixes.add(text.slice(start, colon))
  }
  prefixes.delete('xml')
  return prefixes
}

/** What stands before a name in XML and in XPath. */
const DELIMITERS: ReadonlySet<string> = new Set(' \t\r\n<>/=\'"&;,:()[]{}|@!+*$#?')

/** characters of a prefix: who uses longer ones with a declaration elsewhere gets no text */
const LONGEST = 1000

function escaped(character: string): string {
  return character === '&' ? '&amp;' : character === '<' ? '&lt;' : '&quot;'
}

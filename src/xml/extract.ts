import { declaredIn, surroundings } from './in-scope-namespaces.ts'
import type { XmlElement } from './tree.ts'
import { findPrefix } from './value-prefixes.ts'

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
  // as the normal form begins: one look at a name, where a whole tag would be read
  if (prefix === '' && DECLARES_DEFAULT.test(text)) return true
  return declaredIn(text).has(prefix)
}

const DECLARES_DEFAULT = /^<[\w.:-]{1,200} xmlns="/

/** Everything that may be a prefix: of names, and of what an attribute or a text names (xsi:type, XPath). */
function usedIn(text: string): Set<string> {
  const prefixes = new Set([''])
  findPrefix(text, (prefix) => {
    prefixes.add(prefix)
    return false
  })
  prefixes.delete('xml')
  return prefixes
}

function escaped(character: string): string {
  return character === '&' ? '&amp;' : character === '<' ? '&lt;' : '&quot;'
}

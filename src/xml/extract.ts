import { scopeAt } from './scan.ts'
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
  const scope = scopeAt(source, root, target)
  const nameEnd = own.search(/[ \t\r\n/>]/)
  const declarations = Object.entries(scope)
    .filter(([prefix, ns]) => prefix !== 'xml' && ns !== '' && !declares(own, prefix))
    .map(
      ([prefix, ns]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${ns.replace(/[&<"]/g, (c) => ESCAPES[c] ?? c)}"`,
    )
  const whole = own.slice(0, nameEnd) + declarations.join('') + own.slice(nameEnd)
  return stands(whole) ? whole : undefined
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' }

/** Does the first start tag declare the prefix ('' for the default namespace) itself? Attribute values cannot hold `<`, so the tag ends at a `>` outside quotes. */
export function declares(text: string, prefix: string): boolean {
  const tag = /^<(?:[^"'>]|"[^"]*"|'[^']*')*>/.exec(text)?.[0] ?? ''
  const name = prefix === '' ? 'xmlns' : `xmlns:${prefix}`
  const bare = tag.replace(/"[^"]*"|'[^']*'/g, '""')
  return bare.split(/[ \t\r\n]+/).some((part) => part.split('=')[0] === name)
}

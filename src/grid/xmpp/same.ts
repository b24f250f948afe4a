import { BuildError, decoded, readEndTag, startTagOf } from './tag.ts'
import { cdataEnd, isCdata } from './well-formed.ts'

/**
 * Is `seen` what a Broker made of `ours`? Brokers change prefixes, quotation marks and the order of attributes, and give an element
 * without namespace the one around it. Two reports of one Incident can differ in a namespace and nothing else.
 */
export function sameButForWriting(ours: string, seen: string): boolean {
  if (ours === seen) return true
  try {
    const [kept, shown] = [gist(ours), gist(seen)]
    return kept.length === shown.length && kept.every((one, i) => isShownAs(one, shown[i]))
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}

/** Characters, an attribute, an end, or the beginning of an element, which alone has `ns`. */
interface Said {
  readonly text: string
  readonly ns?: string
}

function isShownAs(kept: Said, shown: Said | undefined): boolean {
  return kept.text === shown?.text && (kept.ns === shown.ns || kept.ns === '')
}

/** Prefix to namespace name. */
type Scope = Readonly<Record<string, string>>

const ROOT: Scope = Object.assign(Object.create(null), { '': '', xml: 'http://www.w3.org/XML/1998/namespace' })

/** Throws BuildError. */
function gist(text: string): Said[] {
  const said: Said[] = []
  const open: { readonly name: string; readonly scope: Scope }[] = []
  let characters = ''
  let i = 0
  while (i < text.length) {
    if (text[i] !== '<' || isCdata(text, i)) {
      const { said: more, end } = charactersAt(text, i)
      characters += more
      i = end
      continue
    }
    said.push({ text: JSON.stringify(characters) })
    characters = ''
    if (text[i + 1] === '/') {
      i = readEndTag(text, i, open.pop()?.name)
      said.push({ text: '/' })
    } else {
      const { name, attrs, empty, end } = startTagOf(text, i)
      const scope = scopeOf(attrs, open.at(-1)?.scope ?? ROOT)
      said.push({ text: localOf(name), ns: namespaceOf(name, scope) }, ...attributesOf(attrs, scope))
      if (empty) said.push({ text: '""' }, { text: '/' })
      else open.push({ name, scope })
      i = end
    }
  }
  if (open.length > 0) throw new BuildError('an element does not end')
  return said
}

function charactersAt(text: string, i: number): { said: string; end: number } {
  if (text[i] === '<') {
    const end = cdataEnd(text, i)
    return { said: text.slice(i + '<![CDATA['.length, end - ']]>'.length), end }
  }
  const lt = text.indexOf('<', i)
  const end = lt === -1 ? text.length : lt
  return { said: decoded(text.slice(i, end)), end }
}

function attributesOf(attrs: Readonly<Record<string, string>>, scope: Scope): Said[] {
  return Object.entries(attrs)
    .filter(([name]) => !isDeclaration(name))
    .map(
      ([name, value]) =>
        `@{${name.includes(':') ? namespaceOf(name, scope) : ''}}${localOf(name)}=${JSON.stringify(value)}`,
    )
    .sort()
    .map((text) => ({ text }))
}

/** Each level inherits from the one around it. */
function scopeOf(attrs: Readonly<Record<string, string>>, outer: Scope): Scope {
  const declarations = Object.entries(attrs).filter(([name]) => isDeclaration(name))
  if (declarations.length === 0) return outer
  const own = declarations.map(([name, ns]) => [name.slice('xmlns:'.length), ns] as const)
  return Object.assign(Object.create(outer), Object.fromEntries(own)) as Scope
}

function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:')
}

function namespaceOf(name: string, scope: Scope): string {
  const ns = scope[name.slice(0, Math.max(0, name.indexOf(':')))]
  if (ns === undefined) throw new BuildError('a prefix is not declared')
  return ns
}

function localOf(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

import { BuildError, decoded, readEndTag, startTagOf } from './tag.ts'
import { cdataEnd, isCdata } from './well-formed.ts'

/**
 * Do two elements say the same, however their tags are written? Brokers change prefixes, quotation marks and the order of attributes.
 * Namespaces are not compared: no two items differ in nothing else.
 */
export function sameButForWriting(a: string, b: string): boolean {
  if (a === b) return true
  try {
    return gist(a) === gist(b)
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}

/** Throws BuildError. */
function gist(text: string): string {
  const said: string[] = []
  const open: string[] = []
  let characters = ''
  let i = 0
  while (i < text.length) {
    if (text[i] !== '<' || isCdata(text, i)) {
      const { said: more, end } = charactersAt(text, i)
      characters += more
      i = end
      continue
    }
    said.push(JSON.stringify(characters))
    characters = ''
    if (text[i + 1] === '/') {
      i = readEndTag(text, i, open.pop())
      said.push('/')
    } else {
      const { name, attrs, empty, end } = startTagOf(text, i)
      said.push(localOf(name), ...attributesOf(attrs))
      if (empty) said.push('""', '/')
      else open.push(name)
      i = end
    }
  }
  return said.join('\n')
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

function attributesOf(attrs: Readonly<Record<string, string>>): string[] {
  return Object.entries(attrs)
    .filter(([name]) => name !== 'xmlns' && !name.startsWith('xmlns:'))
    .map(([name, value]) => `@${localOf(name)}=${JSON.stringify(value)}`)
    .sort()
}

function localOf(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

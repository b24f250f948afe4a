import { type Element, xml } from '@xmpp/client'
import { skipPlainEndTag, skipPlainTag } from './plain-tag.ts'

/** The text of a stanza is not well-formed, or its namespaces are not. */
export class BuildError extends Error {}

/** No markup declaration, no processing instruction. */
const NAME = /[^\s/>=<"'&!?][^\s/>=<"'&]*/y
const SPACE = /\s*/y
const ATTRIBUTE = /\s+([^\s/>=<"'&]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));|&/g
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

interface Tag {
  readonly element: Element
  readonly empty: boolean
  readonly end: number
}

/** The start tag at `lt`, its element below `parent`. Throws BuildError. */
export function readTag(text: string, lt: number, parent: Element | null): Tag {
  const { name, attrs, empty, end } = startTagOf(text, lt)
  const element = new xml.Element(name, attrs)
  element.parent = parent
  if (name.includes(':') && element.getNS() === undefined) throw new BuildError('a prefix is not declared')
  return { element, empty, end }
}

/** The start tag at `lt`, its attributes as written but decoded. Throws BuildError. */
export function startTagOf(text: string, lt: number) {
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
  return { name, attrs, ...tagEnd(text, i) }
}

/** The same where it is one, undefined where there is none. */
export function tagOr(text: string, lt: number): ReturnType<typeof startTagOf> | undefined {
  try {
    return startTagOf(text, lt)
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}

/** Index behind the start tag at `lt`, which is looked over, not kept. Throws BuildError. */
export function skipTag(text: string, lt: number): number {
  return skipPlainTag(text, lt) ?? skipAnyTag(text, lt)
}

function skipAnyTag(text: string, lt: number): number {
  NAME.lastIndex = lt + 1
  if (!NAME.test(text)) throw new BuildError('not a tag')
  let i = NAME.lastIndex
  for (;;) {
    ATTRIBUTE.lastIndex = i
    if (!ATTRIBUTE.test(text)) break
    i = ATTRIBUTE.lastIndex
  }
  return tagEnd(text, i).end
}

/** Index behind the end tag at `lt`, of the element whose start tag is at `start`; undefined: of none. Throws BuildError. */
export function skipEndTag(text: string, lt: number, start: number | undefined): number {
  if (start === undefined) return readEndTag(text, lt, undefined)
  const end = skipPlainEndTag(text, lt, start)
  if (end !== undefined) return end
  NAME.lastIndex = start + 1
  return readEndTag(text, lt, NAME.exec(text)?.[0])
}

/** Index behind the end tag at `lt`, of an element of that name. Throws BuildError. */
export function readEndTag(text: string, lt: number, name: string | undefined): number {
  if (name !== undefined && text.startsWith(name, lt + 2) && text[lt + 2 + name.length] === '>') {
    return lt + name.length + 3
  }
  const end = text.indexOf('>', lt)
  if (end === -1 || text.slice(lt + 2, end).trimEnd() !== name) throw new BuildError('tags do not match')
  return end + 1
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

/** What character data stands for. Throws BuildError. */
export function decoded(text: string): string {
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

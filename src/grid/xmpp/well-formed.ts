import { isEmptyTag, isEndTag } from './plain-tag.ts'
import { BuildError, skipEndTag, skipTag } from './tag.ts'

const BAD_REFERENCE = /&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)/
const CDATA = '<![CDATA['
/** What XML 1.0 (production 2) has no place for, and half a surrogate pair. */
export const FORBIDDEN = /[^\P{Cc}\t\n\r\u007f-\u009f]|\p{Cs}|[\ufffe\uffff]/u

/** Anything that would break the stream it is written into: undefined when `text` is one well-formed element. */
export function elementFlaw(text: string): string | undefined {
  if (FORBIDDEN.test(text)) return 'a character that XML forbids'
  if (text.includes('&') && BAD_REFERENCE.test(text)) return 'a reference to an entity nobody declared'
  if (text[0] !== '<') return 'text outside of an element'
  try {
    const end = elementEnd(text, 0, { cdata: false })
    return end === text.length ? undefined : 'something behind the element'
  } catch (error) {
    if (error instanceof BuildError) return error.message
    throw error
  }
}

/** Index behind the element whose tag begins at `lt`. Its tags are looked over, and match; nothing is kept. Throws BuildError. */
export function elementEnd(text: string, lt: number, { cdata }: { readonly cdata: boolean }): number {
  /** where the tags of those that are open begin */
  const open: number[] = []
  let i = lt
  for (;;) {
    if (isEndTag(text, i)) i = skipEndTag(text, i, open.pop())
    else if (cdata && isCdata(text, i)) i = cdataEnd(text, i)
    else {
      const end = skipTag(text, i)
      if (!isEmptyTag(text, end)) open.push(i)
      i = end
    }
    if (open.length === 0) return i
    i = text.indexOf('<', i)
    if (i === -1) throw new BuildError('an element does not end')
  }
}

export function isCdata(text: string, lt: number): boolean {
  return text.startsWith(CDATA, lt)
}

/** Index behind the CDATA section that begins at `lt`. Throws BuildError. */
export function cdataEnd(text: string, lt: number): number {
  const end = text.indexOf(']]>', lt)
  if (end === -1) throw new BuildError('a CDATA section does not end')
  return end + 3
}

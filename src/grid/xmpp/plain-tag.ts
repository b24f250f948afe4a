const [SPACE, QUOTE, APOSTROPHE, SLASH, LESS, EQUALS, GREATER] = [0x20, 0x22, 0x27, 0x2f, 0x3c, 0x3d, 0x3e]

/** ASCII characters that names have nearly always */
const NAME = new Uint8Array(128)
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:') NAME[c.charCodeAt(0)] = 1

function nameEnd(text: string, at: number): number {
  let i = at
  while (NAME[text.charCodeAt(i)] === 1) i += 1
  return i
}

/** Index behind the value whose quote is at `at`; undefined where it is none. */
function valueEnd(text: string, at: number): number | undefined {
  const quote = text.charCodeAt(at)
  if (quote !== QUOTE && quote !== APOSTROPHE) return undefined
  for (let i = at + 1; ; i += 1) {
    const c = text.charCodeAt(i)
    if (c === quote) return i + 1
    if (c === LESS || Number.isNaN(c)) return undefined
  }
}

/**
 * Index behind the start tag at `lt` where it is written as nearly all are, in one look at its characters; undefined: look more
 * carefully.
 */
export function skipPlainTag(text: string, lt: number): number | undefined {
  let at = nameEnd(text, lt + 1)
  if (at === lt + 1) return undefined
  while (text.charCodeAt(at) === SPACE) {
    const value = nameEnd(text, at + 1)
    if (value === at + 1 || text.charCodeAt(value) !== EQUALS) return undefined
    const end = valueEnd(text, value + 1)
    if (end === undefined) return undefined
    at = end
  }
  if (text.charCodeAt(at) === SLASH) at += 1
  return text.charCodeAt(at) === GREATER ? at + 1 : undefined
}

/** Is what begins at `lt` an end tag? */
export function isEndTag(text: string, lt: number): boolean {
  return text.charCodeAt(lt + 1) === SLASH
}

/** Does the tag that ends before `end` stand for a whole element? A value ends with its quotation mark. */
export function isEmptyTag(text: string, end: number): boolean {
  return text.charCodeAt(end - 2) === SLASH
}

/**
 * Index behind the end tag at `lt`, where it has the name of the start tag at `start` and both are written as nearly all are; undefined:
 * look more carefully.
 */
export function skipPlainEndTag(text: string, lt: number, start: number): number | undefined {
  let ours = lt + 2
  let theirs = start + 1
  while (NAME[text.charCodeAt(ours)] === 1 && text.charCodeAt(ours) === text.charCodeAt(theirs)) {
    ours += 1
    theirs += 1
  }
  const behind = text.charCodeAt(theirs)
  const isWhole = behind === SPACE || behind === GREATER
  return isWhole && ours > lt + 2 && text.charCodeAt(ours) === GREATER ? ours + 1 : undefined
}

/** Index behind the end tag at `lt`, whatever its name, where it is written as nearly all are. */
export function plainEndTagEnd(text: string, lt: number): number | undefined {
  const end = nameEnd(text, lt + 2)
  return end > lt + 2 && text.charCodeAt(end) === GREATER ? end + 1 : undefined
}

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

/** The start tag at `lt` where it is written as nearly all are, in one look at its characters; undefined: look more carefully. */
export function skipPlainTag(text: string, lt: number): { name: string; empty: boolean; end: number } | undefined {
  const first = nameEnd(text, lt + 1)
  if (first === lt + 1) return undefined
  let at = first
  while (text.charCodeAt(at) === SPACE) {
    const value = nameEnd(text, at + 1)
    if (value === at + 1 || text.charCodeAt(value) !== EQUALS) return undefined
    const end = valueEnd(text, value + 1)
    if (end === undefined) return undefined
    at = end
  }
  const empty = text.charCodeAt(at) === SLASH
  if (empty) at += 1
  if (text.charCodeAt(at) !== GREATER) return undefined
  return { name: text.slice(lt + 1, first), empty, end: at + 1 }
}

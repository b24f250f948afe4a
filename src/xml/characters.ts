import { inPieces } from './chunked-replace.ts'

/** XML 1.0 §2.11 */
export function newlines(text: string): string {
  return text.includes('\r') ? inPieces(text, (piece) => piece.replace(/\r\n?/g, '\n'), betweenLines) : text
}

function betweenLines(text: string, end: number): number {
  return text.charCodeAt(end - 1) === 0x0d ? end - 1 : end
}

/** Not inside a reference. */
function betweenReferences(text: string, end: number): number {
  const start = text.lastIndexOf('&', end - 1)
  const close = start < 0 ? -1 : text.indexOf(';', start)
  return start < 0 || (close >= 0 && close < end) ? end : start
}

/** XML 1.0 §2.11, §4.1: what character data stands for. */
export function decodeText(raw: string): string {
  return references(newlines(raw))
}

/** XML 1.0 §3.3.3 for attributes of type CDATA: literal white space becomes spaces, referenced white space stays. */
export function decodeAttribute(raw: string): string {
  return references(/[\t\n\r]/.test(raw) ? inPieces(newlines(raw), (piece) => piece.replace(/[\t\n]/g, ' ')) : raw)
}

const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function references(text: string): string {
  return text.includes('&') ? inPieces(text, decodeReferences, betweenReferences) : text
}

function decodeReferences(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(\w+));/g, (_, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) {
      const character = PREDEFINED[name]
      if (character === undefined) throw new Error('unexpected entity reference')
      return character
    }
    return String.fromCodePoint(hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal ?? '', 10))
  })
}

import { canonical } from '../../src/xml/libxml.ts'

/** Encodings that a report may come in, by the label that stands in it (RFC 7303 §3); each has ASCII where ASCII is. */
const CODE_PAGES = [
  'us-ascii',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16].map((n) => `iso-8859-${n}`),
  ...[1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258].map((n) => `windows-${n}`),
  ...['windows-874', 'koi8-r', 'koi8-u', 'macintosh', 'x-mac-cyrillic', 'ibm866'],
  ...['shift_jis', 'euc-jp', 'iso-2022-jp', 'gbk', 'gb18030', 'big5', 'euc-kr'],
]
const UNICODE = ['utf-8', 'utf-8 with a mark', 'utf-16', 'utf-16 big', 'utf-16le', 'utf-16be']

export const ENCODINGS: readonly string[] = [...UNICODE, ...CODE_PAGES]

/**
 * A document's bytes in that encoding, its XML declaration in front; characters that the encoding has not are written as references.
 * undefined: some of them stand where none can be.
 */
export function encodeDocument(text: string, encoding: string): Uint8Array | undefined {
  const [label = ''] = encoding.split(' ')
  const whole = `<?xml version="1.0" encoding="${label}"?>${text.replace(/^<\?xml[^>]*\?>\s*/, '')}`
  if (encoding === 'utf-8') return Buffer.from(whole)
  if (encoding === 'utf-8 with a mark') return Buffer.from(`\ufeff${whole}`)
  if (label.startsWith('utf-16')) return utf16(label === 'utf-16' ? `\ufeff${whole}` : whole, /be|big/.test(encoding))
  const table = tableOf(label)
  const written = [...whole].map((char) => (table.has(char) ? char : `&#x${char.codePointAt(0)?.toString(16)};`))
  // what stands in a name, a comment, an instruction or a CDATA section has no reference
  if (!isSame(whole, written.join(''))) return undefined
  return Buffer.from(written.flatMap((piece) => [...piece].flatMap((char) => [...(table.get(char) ?? [])])))
}

function utf16(text: string, big: boolean): Uint8Array {
  const bytes = Buffer.from(text, 'utf16le')
  return big ? bytes.swap16() : bytes
}

function isSame(a: string, b: string): boolean {
  try {
    return a === b || canonical(a) === canonical(b)
  } catch {
    return false
  }
}

const tables = new Map<string, ReadonlyMap<string, Uint8Array>>()

/** Character to bytes, by asking a decoder for each byte and each two. What the Encoding Standard has otherwise than the standard is left out. */
function tableOf(label: string): ReadonlyMap<string, Uint8Array> {
  const known = tables.get(label)
  if (known) return known
  const table = new Map<string, Uint8Array>()
  for (let byte = 0; byte < 0x80; byte += 1) table.set(String.fromCharCode(byte), Uint8Array.of(byte))
  const add = (...bytes: number[]) => {
    const char = decodedBy(label, bytes)
    // controls and private use: Node.js's decoders have them for what is no character
    if (char !== undefined && [...char].length === 1 && !/[\0-\x9f\ue000-\uf8ff\ufffd]/.test(char) && !table.has(char))
      table.set(char, Uint8Array.from(bytes))
  }
  const low = label === 'us-ascii' || label === 'iso-2022-jp' ? 0x100 : /^iso-8859/.test(label) ? 0xa0 : 0x80
  for (let byte = low; byte < 0x100; byte += 1) add(byte)
  if (/jis|euc|gb|big5/.test(label)) {
    for (let lead = 0x81; lead < 0xff; lead += 1) for (let trail = 0x40; trail < 0xff; trail += 1) add(lead, trail)
  }
  tables.set(label, table)
  return table
}

function decodedBy(label: string, bytes: readonly number[]): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return undefined
  }
}

import type { Diagnostic } from './tree.ts'

type Decoded =
  | { readonly ok: true; readonly text: string; readonly encoding: string }
  | { readonly ok: false; readonly error: Diagnostic }

/** Names by which the encodings we read go. Others, UTF-7 among them, are refused: they can hide markup. */
const ENCODINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'utf-8': 'utf-8',
    utf8: 'utf-8',
    'us-ascii': 'us-ascii',
    ascii: 'us-ascii',
    'utf-16': 'utf-16',
    'utf-16le': 'utf-16le',
    'utf-16be': 'utf-16be',
    'iso-8859-1': 'iso-8859-1',
    latin1: 'iso-8859-1',
    'iso-8859-2': 'iso-8859-2',
    'iso-8859-15': 'iso-8859-15',
    'windows-1250': 'windows-1250',
    'windows-1252': 'windows-1252',
    shift_jis: 'shift_jis',
    'euc-jp': 'euc-jp',
  }),
)

/** XML 1.0 §2.8: the XML declaration, as far as it names an encoding. ASCII in every encoding we read but UTF-16. */
const DECLARED = /^<\?xml[ \t\r\n][^>]{0,200}?\bencoding[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]{1,40})"|'([^'<]{1,40})')/

/**
 * Decodes a document once and for all, so that everything behind sees the same characters. A byte order mark decides, then
 * the transport's charset, then the XML declaration, then UTF-8 (RFC 7303 §3). A byte sequence that the encoding does not
 * allow is an error, never U+FFFD.
 */
export function decode(bytes: Uint8Array, charset?: string): Decoded {
  const chosen = choose(bytes, charset)
  if (!chosen.ok) return chosen
  const { encoding, skip } = chosen
  const body = skip > 0 ? bytes.subarray(skip) : bytes
  if (encoding === 'iso-8859-1') {
    return { ok: true, text: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), encoding }
  }
  if (encoding === 'us-ascii') {
    const at = body.findIndex((byte) => byte > 0x7f)
    if (at >= 0) return bad(place(body.subarray(0, at)), `The byte at offset ${at + skip} is not US-ASCII.`)
  }
  try {
    const name = encoding === 'us-ascii' ? 'utf-8' : encoding
    return { ok: true, text: new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(body), encoding }
  } catch {
    const at = encoding === 'utf-8' ? firstBadUtf8(body) : -1
    const where = at >= 0 ? ` at offset ${at + skip}` : ''
    return bad(
      place(at >= 0 ? body.subarray(0, at) : body.subarray(0, 0)),
      `Not valid ${encoding.toUpperCase()}${where}.`,
    )
  }
}

type Choice = { ok: true; encoding: string; skip: number } | { ok: false; error: Diagnostic }

function choose(bytes: Uint8Array, charset: string | undefined): Choice {
  const [a, b, c, d] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return { ok: true, encoding: 'utf-8', skip: 3 }
  // UTF-32's marks begin like UTF-16's: without this an UTF-32 document would be read as UTF-16 with NULs
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff)) {
    return bad({ line: 1, column: 1 }, 'UTF-32 is not accepted; send UTF-8 or UTF-16.')
  }
  if (a === 0xff && b === 0xfe) return { ok: true, encoding: 'utf-16le', skip: 2 }
  if (a === 0xfe && b === 0xff) return { ok: true, encoding: 'utf-16be', skip: 2 }
  if (charset !== undefined) return named(charset, bytes)
  if (a === 0x3c && b === 0) return { ok: true, encoding: 'utf-16le', skip: 0 }
  if (a === 0 && b === 0x3c) return { ok: true, encoding: 'utf-16be', skip: 0 }
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 300)).toString('latin1')
  const match = DECLARED.exec(head)
  const declared = match?.[1] ?? match?.[2]
  if (declared === undefined) return { ok: true, encoding: 'utf-8', skip: 0 }
  const choice = named(declared, bytes)
  if (choice.ok && choice.encoding.startsWith('utf-16')) {
    return bad({ line: 1, column: 1 }, 'The XML declaration says UTF-16, but the bytes are not.')
  }
  return choice
}

function named(name: string, bytes: Uint8Array): Choice {
  const encoding = ENCODINGS.get(name.trim().toLowerCase())
  if (encoding === undefined) {
    const shown = name.replace(/[^\w.-]/g, '?').slice(0, 40)
    return bad({ line: 1, column: 1 }, `The encoding "${shown}" is not accepted; send UTF-8 or UTF-16.`)
  }
  // RFC 2781 §4.3: without a mark, UTF-16 is big-endian; what really comes is told by the first `<`
  if (encoding === 'utf-16') return { ok: true, encoding: bytes[0] === 0x3c ? 'utf-16le' : 'utf-16be', skip: 0 }
  return { ok: true, encoding, skip: 0 }
}

function bad(at: { line: number; column: number }, message: string): { ok: false; error: Diagnostic } {
  return { ok: false, error: { ...at, message } }
}

function place(before: Uint8Array): { line: number; column: number } {
  let line = 1
  let start = 0
  for (let i = before.indexOf(0x0a); i >= 0; i = before.indexOf(0x0a, i + 1)) {
    line += 1
    start = i + 1
  }
  return { line, column: before.length - start + 1 }
}

/** Offset of the first sequence that is not UTF-8, by halving: decoding is far faster than a loop here. */
function firstBadUtf8(bytes: Uint8Array): number {
  const valid = (end: number, stream = true) => {
    try {
      // stream: a sequence that is merely cut off at `end` is no error yet
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream })
      return true
    } catch {
      return false
    }
  }
  let good = 0
  let wrong = bytes.length + 1
  while (wrong - good > 1) {
    const middle = (good + wrong) >> 1
    if (valid(middle)) good = middle
    else wrong = middle
  }
  // the bytes before may begin the sequence that went wrong: at most three of four
  let start = good
  while (start > 0 && good - start < 3 && !valid(start, false)) start -= 1
  return start
}

import { decodeBytes, encodingOf } from './encodings.ts'
import { bytesLookLike } from './looks-like.ts'
import type { Diagnostic } from './tree.ts'

type Decoded =
  | {
      readonly ok: true
      readonly text: string
      readonly encoding: string
      /** two statements about the encoding contradict each other, and the text depends on which is believed */
      readonly warning?: Diagnostic
    }
  | { readonly ok: false; readonly error: Diagnostic }

/** XML 1.0 §2.8: the XML declaration, as far as it names an encoding. ASCII in every encoding we read but UTF-16. */
const DECLARED = /^<\?xml[ \t\r\n][^>]{0,200}?\bencoding[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]{1,40})"|'([^'<]{1,40})')/

/**
 * Decodes a document once and for all, so that everything behind sees the same characters. A byte order mark decides, then the
 * transport's charset, then the XML declaration, then UTF-8 (RFC 7303 §3); but where charset and document contradict each other and the
 * bytes are UTF-8, they are read as UTF-8 (docs/decisions/0011). What the encoding does not allow is an error, never U+FFFD.
 */
export function decode(bytes: Uint8Array, charset?: string): Decoded {
  const [a, b, c, d] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return decodeAs(bytes, 'utf-8', 3)
  // UTF-32's marks begin like UTF-16's: without this an UTF-32 document would be read as UTF-16 with NULs
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff)) {
    return bad(START, 'UTF-32 is not accepted; send UTF-8 or UTF-16.')
  }
  if (a === 0xff && b === 0xfe) return decodeAs(bytes, 'utf-16le', 2)
  if (a === 0xfe && b === 0xff) return decodeAs(bytes, 'utf-16be', 2)
  const own = statedBy(bytes)
  if (bytes.length === 0) return decodeAs(bytes, 'utf-8')
  return charset === undefined ? decodeByDocument(bytes, own) : decodeByBoth(bytes, charset, own)
}

/** What a document without a mark says of its encoding: by its first bytes, by its declaration, or by the lack of one. */
interface Statement {
  readonly label: string
  readonly encoding: string | undefined
  readonly wide: boolean
}

function statedBy(bytes: Uint8Array): Statement {
  const [a = 0x20, b = 0x20] = bytes
  if (b === 0 && STARTS.has(a)) return { label: 'UTF-16', encoding: 'utf-16le', wide: true }
  if (a === 0 && STARTS.has(b)) return { label: 'UTF-16', encoding: 'utf-16be', wide: true }
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 300)).toString('latin1')
  const match = DECLARED.exec(head)
  const label = match?.[1] ?? match?.[2] ?? 'UTF-8'
  return { label, encoding: encodingOf(label), wide: false }
}

/** XML 1.0 §2.8, §2.3: the first character is `<` or white space. */
const STARTS: ReadonlySet<number> = new Set([0x3c, 0x20, 0x09, 0x0a, 0x0d])

function decodeByDocument(bytes: Uint8Array, { label, encoding, wide }: Statement): Decoded {
  if (encoding === undefined) return notAccepted(label)
  if (encoding.startsWith('utf-16') && !wide) {
    return bad(START, 'The XML declaration says UTF-16, but the bytes are not.')
  }
  return decodeAs(bytes, encoding)
}

function decodeByBoth(bytes: Uint8Array, charset: string, own: Statement): Decoded {
  const label = charset.trim()
  const said = encodingOf(label)
  if (said === undefined) return notAccepted(label)
  // RFC 2781 §4.3 has an order for UTF-16 without one: what really comes is told by the first character
  if (said === own.encoding || (said === 'utf-16' && own.wide)) return decodeByDocument(bytes, own)
  const both = `Content-Type says charset=${shown(label)}, the document says ${shown(own.label)}`
  const utf8 = !own.wide && isBeyondAscii(bytes) ? decodeAs(bytes, 'utf-8') : undefined
  if (utf8?.ok) return { ...utf8, warning: { ...START, message: `${both}: read as UTF-8, since its bytes are UTF-8.` } }
  const decoded =
    own.wide || said.startsWith('utf-16')
      ? bad(START, `The bytes are ${own.wide ? (own.encoding ?? '').toUpperCase() : 'not UTF-16'}.`)
      : decodeAs(bytes, said)
  if (!decoded.ok) return bad(decoded.error, `${decoded.error.message} ${both}.`)
  const other = own.encoding === undefined ? undefined : decodeBytes(bytes, own.encoding)
  // bytes that are not what the document says are no contradiction: the charset alone is right
  if (other?.ok !== true || other.text === decoded.text) return decoded
  return { ...decoded, warning: { ...START, message: `${both}: read as ${shown(label)}.` } }
}

function decodeAs(bytes: Uint8Array, encoding: string, skip = 0): Decoded {
  const body = skip > 0 ? bytes.subarray(skip) : bytes
  const decoded = decodeBytes(body, encoding)
  if (decoded.ok) return { ok: true, text: decoded.text, encoding }
  // in UTF-16 a line break is no byte of its own
  const at = encoding.startsWith('utf-16') ? START : place(body.subarray(0, decoded.at))
  const what = bytesLookLike(bytes)
  const guess = what === undefined ? '' : ` The bytes look like ${what}: send the XML itself.`
  return bad(at, `Not valid ${encoding.toUpperCase()} at offset ${decoded.at + skip}.${guess}`)
}

function notAccepted(label: string): Decoded {
  return bad(START, `The encoding "${shown(label)}" is not accepted; send UTF-8 or UTF-16.`)
}

/** A name that a stranger chose. */
function shown(label: string): string {
  return label.replace(/[^\w.:-]/g, '?').slice(0, 40)
}

function isBeyondAscii(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte > 0x7f)
}

const START = { line: 1, column: 1 } as const

function bad({ line, column }: { line: number; column: number }, message: string) {
  return { ok: false, error: { line, column, message } } as const
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

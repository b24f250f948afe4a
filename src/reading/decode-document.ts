import { decode } from '../xml/decode.ts'
import { BYTE_LIMIT } from '../xml/limits.ts'
import type { Diagnostic } from '../xml/tree.ts'
import { type Refused, refused } from './inspection.ts'

interface Decoded {
  readonly ok: true
  readonly text: string
  /** the very bytes of `text`, where those are UTF-8 */
  readonly utf8?: Uint8Array
  readonly warning?: Diagnostic
}

/** The step `decode`: characters, from no more bytes than one document may have. */
export function decodeDocument(bytes: Uint8Array, charset: string | undefined): Decoded | Refused {
  if (bytes.byteLength > BYTE_LIMIT) {
    const error = { line: 1, column: 1, message: `The document has more than ${BYTE_LIMIT} bytes.` }
    return { ok: false, refused: refused('unknown', null, [error], 1) }
  }
  const decoded = decode(bytes, charset)
  if (decoded.ok) return decoded.encoding === 'utf-8' ? { ...decoded, utf8: withoutMark(bytes) } : decoded
  return { ok: false, refused: refused('unknown', null, [decoded.error], 1) }
}

/** As decode() does it. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

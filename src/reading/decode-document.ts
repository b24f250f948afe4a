import { decode } from '../xml/decode.ts'
import { BYTE_LIMIT } from '../xml/limits.ts'
import type { Diagnostic } from '../xml/tree.ts'
import { type Refused, refused } from './inspection.ts'

/** The step `decode`: characters, from no more bytes than one document may have. */
export function decodeDocument(
  bytes: Uint8Array,
  charset: string | undefined,
): { readonly ok: true; readonly text: string; readonly warning?: Diagnostic } | Refused {
  if (bytes.byteLength > BYTE_LIMIT) {
    const error = { line: 1, column: 1, message: `The document has more than ${BYTE_LIMIT} bytes.` }
    return { ok: false, refused: refused('unknown', null, [error], 1) }
  }
  const decoded = decode(bytes, charset)
  return decoded.ok ? decoded : { ok: false, refused: refused('unknown', null, [decoded.error], 1) }
}

import type { Reply } from '../rid/contract.ts'
import { readReplyTree } from '../rid/message.ts'
import { decode } from '../xml/decode.ts'
import { findDoctype } from '../xml/doctype.ts'
import { parseText } from '../xml/libxml.ts'
import { DocumentLimit } from '../xml/limits.ts'
import { scan } from '../xml/parse-tree.ts'

/** A RID peer's reply (RFC 6546 §3): well-formed is enough, since the only free RID agent breaks its own schema. */
export function readReply(bytes: Uint8Array): Reply {
  const decoded = decode(bytes)
  if (!decoded.ok) return { kind: 'improper', reason: decoded.error.message }
  const doctype = findDoctype(decoded.text)
  if (doctype !== undefined) return { kind: 'improper', reason: doctype.message }
  const parsed = parseText(decoded.text)
  if (!parsed.ok) return { kind: 'improper', reason: parsed.errors[0]?.message ?? 'not well-formed' }
  parsed.document.dispose()
  try {
    return readReplyTree(scan(decoded.text))
  } catch (error) {
    if (error instanceof DocumentLimit) return { kind: 'improper', reason: error.message }
    throw error
  }
}

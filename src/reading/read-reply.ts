import type { Reply } from '../rid/contract.ts'
import { readReplyTree } from '../rid/message.ts'
import { decode } from '../xml/decode.ts'
import { DocumentLimit } from '../xml/limits.ts'
import { wellFormed } from './well-formed.ts'

/** A RID peer's reply (RFC 6546 §3): well-formed is enough, since the only free RID agent breaks its own schema. */
export function readReply(bytes: Uint8Array): Reply {
  const decoded = decode(bytes)
  if (!decoded.ok) return { kind: 'improper', reason: decoded.error.message }
  try {
    const formed = wellFormed(decoded.text)
    if (!formed.ok) return { kind: 'improper', reason: formed.refused.errors[0]?.message ?? 'not well-formed' }
    using _ = formed
    return readReplyTree(formed.root)
  } catch (error) {
    if (error instanceof DocumentLimit) return { kind: 'improper', reason: error.message }
    throw error
  }
}

import type { Reply } from '../rid/contract.ts'
import { readReplyTree } from '../rid/message.ts'
import { MSG_TYPES } from '../vocabulary.ts'
import { decode } from '../xml/decode.ts'
import { withoutDoctype } from '../xml/doctype.ts'
import { DocumentLimit } from '../xml/limits.ts'
import { wellFormed } from './well-formed.ts'

/** A refusal, however broken what is around it: nobody may take it for a receipt. */
const DENIED = /\bAuthorizationStatus\s*=\s*(["'])\s*Denied\s*\1/i

/**
 * A RID peer's reply (RFC 6546 §3): well-formed is enough, since the only free RID agent breaks its own schema. White space before it
 * and a DOCTYPE hide nothing; what the DOCTYPE declares is not read.
 */
export function readReply(bytes: Uint8Array, charset?: string): Reply {
  const reply = readText(bytes, charset)
  if (isUnderstood(reply)) return reply
  const shown = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').replaceAll('\0', '')
  return DENIED.test(shown) ? { kind: 'acknowledgement', status: 'Denied' } : reply
}

/** An Acknowledgement without a status that is known may have it elsewhere, and a message of an unknown type may be an Acknowledgement. */
function isUnderstood(reply: Reply): boolean {
  if (reply.kind === 'acknowledgement') return reply.status !== 'unknown'
  return reply.kind === 'message' && MSG_TYPES.some((type) => type === reply.msgType)
}

function readText(bytes: Uint8Array, charset: string | undefined): Reply {
  const decoded = decode(bytes, charset)
  if (!decoded.ok) return { kind: 'improper', reason: decoded.error.message }
  try {
    const formed = wellFormed(withoutDoctype(decoded.text.replace(/^[\s\ufeff]+/, '')))
    if (!formed.ok) return { kind: 'improper', reason: formed.refused.errors[0]?.message ?? 'not well-formed' }
    using _ = formed
    return readReplyTree(formed.root, decoded.text)
  } catch (error) {
    if (error instanceof DocumentLimit) return { kind: 'improper', reason: error.message }
    throw error
  }
}

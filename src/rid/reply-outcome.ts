import type { PeerConfig } from '../config/types.ts'
import type { Note, SendOutcome } from '../outcome.ts'
import type { MsgType } from '../vocabulary.ts'
import type { Reply } from './contract.ts'
import { repliesTo } from './exchange.ts'
import { problemText } from './problem-text.ts'
import { parseRetryAfter } from './retry-after.ts'

/** A peer's whole HTTP response to a RID message. */
export interface PeerResponse {
  readonly status: number
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  readonly callbackToken: string | undefined
  /** undefined: it was longer than we read */
  readonly body: Uint8Array | undefined
}

/** 4xx that mean "not now" (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4) */
const NOT_NOW = new Set([408, 425, 429])
/** where trying another message at once is no use either */
const DOWN = new Set([429, 502, 503, 504])

/** What a status that is no 2xx means for the delivery. `now` in ms since the epoch. */
export function refusedOutcome(response: PeerResponse, now: number): SendOutcome {
  const { status } = response
  const why = problemText(response.contentType, response.body)
  const reason = `The peer answered HTTP ${status}${why === '' ? '' : `: ${why}`}`
  const retry = status >= 500 || NOT_NOW.has(status)
  // a 3xx too: RID has no way to tell of a change of address, and redirections are not followed (RFC 6546 §3)
  if (!retry) return { kind: 'hold', reason }
  const retryAfter = parseRetryAfter(response.retryAfter, now)
  const wait = retryAfter === undefined ? {} : { retryAfter }
  return { kind: 'retry', reason, ...wait, destinationDown: DOWN.has(status) }
}

/** Of a 2xx without a body (RFC 6546 Table 1). */
export function bodilessOutcome({ status, callbackToken }: PeerResponse): SendOutcome {
  if (status !== 202) return { kind: 'delivered', status, note: { code: 'empty-reply', text: 'empty reply' } }
  const promised = callbackToken === undefined ? 'without RID-Callback-Token' : 'callback announced'
  return { kind: 'delivered', status, note: { code: 'promised', text: `202 Accepted, ${promised}` } }
}

/**
 * What a 2xx with a body means. A RID message that does not deny is proof, since HTTP gave no error. Anything else is an improper reply,
 * which an administrator has to see (RFC 6546 §3): a page of a firewall says nothing of whether a RID system took the report, so it is
 * held, and is not sent again by itself. `request` is the MsgType of what was sent, where it is known.
 */
export function repliedOutcome(
  { status, body }: PeerResponse,
  reply: Reply,
  request: MsgType | undefined,
  replies: PeerConfig['replies'],
): SendOutcome {
  if (reply.kind === 'improper') {
    if (replies === 'lenient') return { kind: 'delivered', status, note: improper(reply.reason) }
    const words = beginningOf(body)
    const shown = words === '' ? '' : `: "${words}"`
    return { kind: 'hold', reason: `The peer answered HTTP ${status} with no RID message (${reply.reason})${shown}` }
  }
  if (reply.kind === 'message') {
    const allowed: readonly string[] = request === undefined ? [reply.msgType] : repliesTo(request)
    const note: Note = allowed.includes(reply.msgType)
      ? { code: 'answered', text: `answered with a ${reply.msgType}` }
      : improper(`a ${reply.msgType} may not answer a ${request}`)
    return { kind: 'delivered', status, note }
  }
  const why = reply.justification === undefined ? '' : `: ${reply.justification}`
  if (reply.status === 'Denied') return { kind: 'hold', reason: `The peer denied it${why}` }
  return reply.status === 'Approved'
    ? { kind: 'delivered', status }
    : { kind: 'delivered', status, note: { code: 'acknowledged', text: `acknowledged as ${reply.status}${why}` } }
}

function improper(why: string): Note {
  return { code: 'improper-reply', text: `improper reply: ${why}` }
}

/** The first words of a body, for an administrator to know it by. */
export function beginningOf(body: Uint8Array | undefined): string {
  return body === undefined ? '' : excerpt(Buffer.from(body.subarray(0, 400)).toString('latin1'))
}

/** A body of white space says no more than none. */
export function isBlank(body: Uint8Array): boolean {
  return body.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
}

/** The first printable ASCII characters of what a stranger sent. */
export function excerpt(text: string, length = 80): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, length)
}

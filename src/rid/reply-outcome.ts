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

/** Of a 2xx without a body, or with more of it than we read. */
export function bodilessOutcome({ status, callbackToken, body }: PeerResponse): SendOutcome {
  if (body === undefined) return { kind: 'delivered', status, note: improper('longer than the limit') }
  if (status !== 202) return { kind: 'delivered', status, note: { code: 'empty-reply', text: 'empty reply' } }
  const promised = callbackToken === undefined ? 'without RID-Callback-Token' : 'callback announced'
  return { kind: 'delivered', status, note: { code: 'promised', text: `202 Accepted, ${promised}` } }
}

/**
 * What a 2xx with a RID message, or what should be one, means: any but Denied is delivered, since HTTP gave no error (RFC 6546 §3).
 * `request` is the MsgType of what was sent, where it is known.
 */
export function repliedOutcome(status: number, reply: Reply, request: MsgType | undefined): SendOutcome {
  if (reply.kind === 'improper') return { kind: 'delivered', status, note: improper(reply.reason) }
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

/** The first printable ASCII characters of what a stranger sent. */
export function excerpt(text: string, length = 80): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, length)
}

import type { PeerConfig } from '../config/types.ts'
import type { Note, PeerAnswer, SendOutcome } from '../outcome.ts'
import type { MsgType } from '../vocabulary.ts'
import { isCallbackToken } from './callback.ts'
import type { Reply } from './contract.ts'
import { mayAnswer, repliesTo } from './exchange.ts'
import { problemText } from './problem-text.ts'
import { parseRetryAfter } from './retry-after.ts'

/** A peer's whole HTTP response to a RID message. */
export interface PeerResponse {
  readonly status: number
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  readonly callbackToken: string | undefined
  /** undefined: it was not read to its end */
  readonly body: Uint8Array | undefined
  /** why not: it is over the limit, or came in very many pieces of nearly nothing */
  readonly unread?: 'too-large' | 'crumbs'
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

/** What a 2xx means, and what is improper about it: that MUST be logged and shown to the administrator (RFC 6546 §3). */
export interface Judged {
  readonly outcome: SendOutcome
  readonly improper?: string
}

/** How a 2xx is judged. */
export interface Asked {
  /** MsgType of what was sent, where it is known */
  readonly request: MsgType | undefined
  readonly replies: PeerConfig['replies']
  /** what was sent is itself an answer, by callback: nothing answers that */
  readonly callback?: boolean
}

/** Of a 2xx without a body (RFC 6546 Table 1). */
export function bodilessOutcome({ status, callbackToken }: PeerResponse, { request }: Asked): Judged {
  const proper = request === undefined || mayAnswer(request, 'empty', status === 202 ? 202 : 200)
  const text = status === 202 ? '202 Accepted' : 'empty reply'
  if (!proper) return improper(status, `${text}, which may not answer ${article(request)}`)
  if (status !== 202) return delivered(status, { code: 'empty-reply', text })
  if (callbackToken === undefined) return improper(status, `${text} without RID-Callback-Token`)
  if (!isCallbackToken(callbackToken)) return improper(status, `${text} with a RID-Callback-Token that is none`)
  return delivered(status, { code: 'promised', text: `${text}, callback announced` })
}

/**
 * What a 2xx with a body means. A RID message that does not deny is proof, since HTTP gave no error. Anything else is an improper reply,
 * which an administrator has to see (RFC 6546 §3): a page of a firewall says nothing of whether a RID system took the report, so it is
 * held, and is not sent again by itself.
 */
export function repliedOutcome({ status, body }: PeerResponse, reply: Reply, asked: Asked): Judged {
  const { request, replies } = asked
  if (reply.kind === 'improper') {
    if (replies === 'lenient') return improper(status, reply.reason)
    const words = beginningOf(body)
    const shown = words === '' ? '' : `: "${words}"`
    const reason = `The peer answered HTTP ${status} with no RID message (${reply.reason})${shown}`
    return { outcome: { kind: 'hold', reason }, improper: reply.reason }
  }
  const msgType = reply.kind === 'message' ? reply.msgType : 'Acknowledgement'
  // proper or not, nobody else has what it says; where nothing was asked it is no answer, and nobody fills the store with it
  const answer = reply.kind === 'message' && isQuestion(request) ? { msgType, text: reply.text } : undefined
  const flaw = flawOf(status, msgType, asked)
  if (reply.kind === 'acknowledgement' && reply.status === 'Denied') {
    const why = reply.justification === undefined ? '' : `: ${reply.justification}`
    const outcome = { kind: 'hold', reason: `The peer denied it${why}` } as const
    return flaw === undefined ? { outcome } : { outcome, improper: flaw }
  }
  if (flaw !== undefined) return improper(status, flaw, answer)
  if (reply.kind === 'message')
    return delivered(status, { code: 'answered', text: `answered with ${article(msgType)}` }, answer)
  if (reply.status === 'Approved') return { outcome: { kind: 'delivered', status } }
  const why = reply.justification === undefined ? '' : `: ${reply.justification}`
  return delivered(status, { code: 'acknowledged', text: `acknowledged as ${reply.status}${why}` })
}

/** What may be answered with more than an Acknowledgement (RFC 6546 Table 1) */
function isQuestion(request: MsgType | undefined): boolean {
  return request === undefined || repliesTo(request).some((reply) => reply !== 'Acknowledgement')
}

/** By RFC 6546 Table 1 */
function flawOf(status: number, msgType: string, { request, callback = false }: Asked): string | undefined {
  if (callback) return `${article(msgType)} may not answer what came by callback`
  const allowed: readonly string[] = request === undefined ? [msgType] : repliesTo(request)
  if (!allowed.includes(msgType)) return `${article(msgType)} may not answer ${article(String(request))}`
  return status === 202 ? '202 Accepted with a body' : undefined
}

function article(word: string): string {
  return `${/^[AEIO]/.test(word) ? 'an' : 'a'} ${word}`
}

function delivered(status: number, note: Note, answer?: PeerAnswer): Judged {
  return { outcome: { kind: 'delivered', status, note, ...(answer !== undefined && { answer }) } }
}

function improper(status: number, why: string, answer?: PeerAnswer): Judged {
  return { ...delivered(status, { code: 'improper-reply', text: `improper reply: ${why}` }, answer), improper: why }
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

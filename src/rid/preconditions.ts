import type { IncomingHttpHeaders } from 'node:http'
import type { PeerConfig } from '../config/types.ts'
import { LEAST, PIECES } from './bounded-bytes.ts'
import { CALLBACK_TOKEN, isCallbackToken } from './callback.ts'
import { contentTypeFlaw, parseContentType } from './content-type.ts'
import type { Problem } from './contract.ts'

/** A request as far as it can be judged before its body is read. */
export interface RequestHead {
  readonly method: string
  /** '1.1' */
  readonly version: string
  /** request-target as it was sent */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** names and values alternating, nothing merged */
  readonly rawHeaders: readonly string[]
  readonly peer: PeerConfig | undefined
}

export type Refusal = {
  readonly kind: 'refused'
  readonly problem: Problem
  readonly headers?: Readonly<Record<string, string>>
}

export type Verdict =
  | { readonly kind: 'no-content' }
  | Refusal
  | {
      readonly kind: 'message'
      readonly peer: PeerConfig
      readonly charset?: string
      readonly callbackToken?: string
    }

const MEDIA_TYPES = new Set(['text/xml', 'application/xml', 'application/iodef+xml'])
const ONCE = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'expect',
  'host',
  CALLBACK_TOKEN,
])

const METHODS = ['GET', 'HEAD', 'POST']
const LAST = { connection: 'close' }

export const NOT_FOUND = refused(404, 'Not Found', 'RID has one resource: /')

/** Whether there is such a resource, and it has this method: undefined. */
export function checkResource(method: string, target: string): Refusal | undefined {
  if (!isRoot(target)) return NOT_FOUND
  if (METHODS.includes(method)) return undefined
  return refused(405, 'Method Not Allowed', 'RID messages are POSTed.', { allow: METHODS.join(', ') })
}

/**
 * RFC 6546 §3, in its order: Request-URI, method, who it is, type, size. What is no message is refused before its body is
 * read. `maxMessage` in bytes.
 */
export function checkRequest(head: RequestHead, state: 'serving' | 'draining', maxMessage: number): Verdict {
  const isCurrent = head.version === '1.1'
  // RFC 9112 §3.2
  if (isCurrent && head.headers.host === undefined) {
    return refused(400, 'Bad Request', 'The header field Host is missing.', LAST)
  }
  const refusal = checkResource(head.method, head.target)
  if (refusal !== undefined) return refusal
  if (head.method !== 'POST') return { kind: 'no-content' }
  if (head.peer === undefined) {
    return refused(403, 'Forbidden', 'The client certificate belongs to no peer of this RID system.')
  }
  const repeated = repeatedHeader(head.rawHeaders)
  if (repeated !== undefined) return refused(400, 'Bad Request', `The header field ${repeated} stands there twice.`)
  if (isCurrent && expectations(head.headers.expect).some((expectation) => expectation !== '100-continue')) {
    return refused(417, 'Expectation Failed', 'The only expectation that is met is 100-continue.', LAST)
  }
  const token = [head.headers[CALLBACK_TOKEN]].flat()[0]
  if (token !== undefined && !isCallbackToken(token)) {
    const detail = 'RID-Callback-Token is not 1 to 255 visible ASCII characters (RFC 6546 section 3).'
    return refused(400, 'Bad Request', detail)
  }
  const type = judgeType(head.headers)
  if ('problem' in type) return type
  const empty = checkLength(head.headers)
  if (empty !== undefined) return empty
  if (Number(head.headers['content-length'] ?? 0) > maxMessage) return TOO_LARGE
  if (state === 'draining') return unavailable('This RID system is shutting down.', DRAINING_RETRY)
  return {
    kind: 'message',
    peer: head.peer,
    ...(type.charset === undefined ? {} : { charset: type.charset }),
    ...(token !== undefined && { callbackToken: token }),
  }
}

/** s; a restart takes about as long */
const DRAINING_RETRY = 30

export const TOO_LARGE: Refusal = refused(413, 'Content Too Large', 'The message is larger than this RID system takes.')
export const TOO_MANY: Refusal = tooMany('Too many requests were sent before the first was answered.', 1)

export const IN_CRUMBS: Refusal = refused(
  400,
  'Bad Request',
  `The body comes in more than ${PIECES} pieces of fewer than ${LEAST} bytes on average. Send it in larger chunks.`,
)

/** RFC 6585 §4; `seconds` until the same may be tried again. */
export function tooMany(detail: string, seconds: number): Refusal {
  return {
    kind: 'refused',
    problem: { status: 429, title: 'Too Many Requests', detail },
    headers: { 'retry-after': String(seconds) },
  }
}

function unavailable(detail: string, retryAfter: number): Refusal {
  return { kind: 'refused', problem: { status: 503, title: 'Service Unavailable', detail, retryAfter } }
}

/** RFC 9110 §10.1.1, §5.6.1: a list; of an empty one there is nothing to meet. Lower case. */
export function expectations(expect: string | undefined): string[] {
  const members = expect?.split(',').map((member) => member.trim().toLowerCase()) ?? []
  return members.filter((member) => member !== '')
}

/** RFC 9112 §6.3: without either field a request has no body. */
function checkLength(headers: IncomingHttpHeaders): Refusal | undefined {
  const length = headers['content-length']
  if (headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0)) return undefined
  const why =
    length === undefined ? 'There is no Content-Length and no chunked body' : `Content-Length is ${length.slice(0, 20)}`
  return refused(400, 'Bad Request', `${why}, so the message is empty.`)
}

function judgeType(headers: IncomingHttpHeaders): Refusal | { readonly charset?: string } {
  // fastify and Node pass a compressed body through as it is
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase()
  const transfer = (headers['transfer-encoding'] ?? 'chunked').trim().toLowerCase()
  if ((encoding !== '' && encoding !== 'identity') || transfer !== 'chunked') {
    return unsupported('Encoded content is not taken.', { 'accept-encoding': 'identity' })
  }
  const written = headers['content-type']
  const type = written === undefined ? undefined : parseContentType(written)
  if (type !== undefined && MEDIA_TYPES.has(type.type)) return type
  const flaw = written === undefined || type !== undefined ? '' : ` ${contentTypeFlaw(written)}`
  const found =
    written === undefined ? 'There is no Content-Type.' : `Content-Type is "${written.slice(0, 100)}".${flaw}`
  return unsupported(`${found} RID messages are text/xml.`, { 'accept-post': [...MEDIA_TYPES].join(', ') })
}

function unsupported(detail: string, headers: Record<string, string>): Refusal {
  return refused(415, 'Unsupported Media Type', detail, headers)
}

export function refused(
  status: Problem['status'],
  title: string,
  detail: string,
  headers?: Record<string, string>,
): Refusal {
  return { kind: 'refused', problem: { status, title, detail }, ...(headers ? { headers } : {}) }
}

/** `/` itself, or an absolute-form target naming it (RFC 9112 §3.2.2: a server MUST take it). `/?` is another URI. */
function isRoot(target: string): boolean {
  return target === '/' || /^https:\/\/[^/?#\s]+\/?$/i.test(target)
}

/** A field of which a second one would mean something else to the next reader: request smuggling. */
function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  const seen: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? ''
    if (!ONCE.has(name)) continue
    if (seen.includes(name)) return name
    seen.push(name)
  }
  return undefined
}

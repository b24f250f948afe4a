import type { Reply } from '../rid/contract.ts'
import type { Probed, ProbeResponse } from '../rid/probe-session.ts'
import type { HandshakeOutcome } from '../rid/probe-tls.ts'
import { bodilessOutcome, isBlank, repliedOutcome } from '../rid/reply-outcome.ts'
import type { MsgType } from '../vocabulary.ts'

/** One thing that a RID system was asked. */
export interface Row {
  readonly check: string
  /** where it stands, and how strictly: `RFC 6546 §3 MUST` */
  readonly where: string
  /** `unknown`: what it answered says neither */
  readonly asItSays: 'yes' | 'no' | 'unknown'
  readonly found: string
  /** what would be right */
  readonly right: string
}

type Expected = Pick<Row, 'check' | 'where' | 'right'>
type Finding = Pick<Row, 'asItSays' | 'found'>

export function rowOf(expected: Expected, found: Finding): Row {
  return { ...expected, ...found }
}

/** Of the handshake, and of one by old TLS alone. */
export function tlsRows(shown: HandshakeOutcome, old: HandshakeOutcome, now: number): Row[] {
  const version = { check: 'TLS', where: 'RFC 6546 §3 MUST, RFC 9325 §3.1', right: 'TLS 1.2 or 1.3' }
  if (shown.kind === 'failed') return [rowOf(version, { asItSays: 'no', found: shown.reason })]
  const { certificate, untrusted, stranger, protocol } = shown
  const { subjectAltName, issuer } = certificate
  const until = certificate.validToDate.toISOString().slice(0, 10)
  const days = Math.floor((certificate.validToDate.getTime() - now) / DAY)
  return [
    rowOf(version, { asItSays: /^TLSv1\.[23]$/.test(protocol) ? 'yes' : 'no', found: protocol }),
    rowOf(
      { check: 'old TLS', where: 'RFC 8996 §4, §5 MUST NOT', right: 'TLS 1.0 and 1.1 are refused' },
      old.kind === 'shown' ? { asItSays: 'no', found: `takes ${old.protocol}` } : { asItSays: 'yes', found: 'refused' },
    ),
    rowOf(
      { check: 'certificate: CA', where: 'RFC 6546 §3 MUST', right: 'a certificate of the CA given, not out of date' },
      { asItSays: untrusted === null ? 'yes' : 'no', found: untrusted ?? oneLine(issuer) },
    ),
    rowOf(
      { check: 'certificate: names', where: 'RFC 6546 §3, RFC 6125 §6.4 MUST', right: 'its DNS name or fingerprint' },
      { asItSays: stranger === null ? 'yes' : 'no', found: stranger ?? subjectAltName ?? 'its fingerprint' },
    ),
    rowOf(
      { check: 'certificate: until', where: 'RFC 5280 §4.1.2.5', right: 'another one before that day' },
      { asItSays: days >= 0 ? 'yes' : 'no', found: `${until}, ${days} days` },
    ),
  ]
}

const DAY = 86_400_000

/** Whether a request is answered with one of these statuses. */
export function statusRow(expected: Expected, asked: Probed, right: readonly number[] | ((status: number) => boolean)) {
  if (asked.kind === 'failed') return rowOf(expected, { asItSays: 'no', found: asked.reason })
  const { status } = asked
  const fits = typeof right === 'function' ? right(status) : right.includes(status)
  return rowOf(expected, { asItSays: fits ? 'yes' : 'no', found: String(status) })
}

/** Somebody without a certificate: no connection, no answer, or one that says no. */
export function anonymousRow(expected: Expected, asked: Probed): Row {
  if (asked.kind === 'failed') return rowOf(expected, { asItSays: 'yes', found: 'refused' })
  const refused = asked.status >= 400 && asked.status < 500
  return rowOf(expected, { asItSays: refused ? 'yes' : 'no', found: `answers ${asked.status}` })
}

/** Whether the same message, written otherwise, is answered like the plain one. */
export function sameRow(expected: Expected, asked: Probed, plain: Probed): Row {
  if (asked.kind === 'failed' || plain.kind === 'failed') {
    return rowOf(expected, { asItSays: 'unknown', found: asked.kind === 'failed' ? asked.reason : 'no answer' })
  }
  const found = `${asked.status}, ${plain.status} without`
  return rowOf(expected, { asItSays: asked.status === plain.status ? 'yes' : 'no', found })
}

/** How a RID message is answered, by RFC 6546 Table 1. A 4xx is no answer of the table: it does not take that from us. */
export function tableRow(expected: Expected, asked: Probed, reply: Reply | undefined, request: MsgType): Row {
  if (asked.kind === 'failed') return rowOf(expected, { asItSays: 'no', found: asked.reason })
  const { status, body } = asked
  if (status < 200 || status > 299) {
    const asItSays = status >= 400 ? 'unknown' : 'no'
    return rowOf(expected, { asItSays, found: `${status}: it does not take that from us` })
  }
  const as = { request, replies: undefined }
  const empty = body !== undefined && isBlank(body)
  const unread = { kind: 'improper', reason: 'longer than any reply' } as const
  const { improper } = empty ? bodilessOutcome(asked, as) : repliedOutcome(asked, reply ?? unread, as)
  return rowOf(expected, {
    asItSays: improper === undefined ? 'yes' : 'no',
    found: `${status}, ${improper ?? (empty ? bodilessWords(asked) : repliedWords(reply))}`,
  })
}

/** Of what nobody asked for: Table 1 has it as callback alone, which is answered with nothing. */
export function unaskedRow(expected: Expected, asked: Probed): Row {
  if (asked.kind === 'failed') return rowOf(expected, { asItSays: 'no', found: asked.reason })
  const { status, body } = asked
  const isEmpty = status === 200 && body !== undefined && isBlank(body)
  const isRefused = status >= 400 && status < 500
  const found = isEmpty ? '200, empty: it takes what it did not ask for' : String(status)
  return rowOf(expected, { asItSays: isRefused ? 'yes' : isEmpty ? 'unknown' : 'no', found })
}

/** RFC 6546 §3: no 3xx, whatever was asked. */
export function redirectRow(all: readonly Probed[]): Row {
  const expected = { check: 'redirects', where: 'RFC 6546 §3 SHOULD NOT', right: 'no 3xx: RID has no way to follow' }
  const found = all.find((one): one is ProbeResponse => one.kind === 'answered' && isRedirect(one.status))
  if (found === undefined) return rowOf(expected, { asItSays: 'yes', found: 'none' })
  return rowOf(expected, { asItSays: 'no', found: `${found.status} to ${found.location ?? 'nowhere'}` })
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

function bodilessWords({ status, callbackToken }: ProbeResponse): string {
  return status === 202 ? `the answer comes by callback, with a token of ${callbackToken?.length} characters` : 'empty'
}

function repliedWords(reply: Reply | undefined): string {
  if (reply?.kind === 'message') return reply.msgType
  if (reply?.kind !== 'acknowledgement') return 'unreadable'
  return `Acknowledgement ${reply.status}${reply.justification === undefined ? '' : `: ${reply.justification}`}`
}

function oneLine(name: string): string {
  return name.split('\n').join(', ')
}

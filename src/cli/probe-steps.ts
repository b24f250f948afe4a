import type { ReadReply, Reply } from '../rid/contract.ts'
import type { Probed, ProbeRequest, ProbeSession } from '../rid/probe-session.ts'
import type { MsgType } from '../vocabulary.ts'
import { harmless, inUtf16, posted, unknownType } from './probe-messages.ts'
import {
  anonymousRow,
  type Row,
  redirectRow,
  rowOf,
  sameRow,
  statusRow,
  tableRow,
  tlsRows,
  unaskedRow,
} from './probe-rows.ts'

interface ProbeOptions {
  readonly readReply: ReadReply
  /** also send what may be stored, shown or passed on */
  readonly post: boolean
  readonly now: number
}

/** Asks one thing after another, and says of each whether the standards have it so. Stops where the receiver is not the one meant. */
export async function probeAll(session: ProbeSession, { readReply, post, now }: ProbeOptions): Promise<Row[]> {
  const shown = await session.shakeHands()
  const rows = tlsRows(shown, await session.shakeHands({ old: true }), now)
  if (shown.kind === 'failed' || shown.untrusted !== null || shown.stranger !== null) return rows
  const { to } = session
  const heard: Probed[] = []
  const ask = async (request: ProbeRequest) => {
    const answer = await session.ask(request)
    heard.push(answer)
    return answer
  }
  const send = (xml: string | Uint8Array, contentType = 'text/xml') =>
    ask({ method: 'POST', path: '/', contentType, body: typeof xml === 'string' ? Buffer.from(xml) : xml })
  const replyIn = async (answer: Probed): Promise<Reply | undefined> =>
    answer.kind === 'answered' && answer.body !== undefined ? await readReply(answer.body) : undefined
  const table = async (msgType: MsgType, xml: string): Promise<readonly [Row, Probed]> => {
    const answer = await send(xml)
    const expected = { check: msgType, where: 'RFC 6546 Table 1 MUST NOT', right: RIGHT[msgType] }
    return [tableRow(expected, answer, await replyIn(answer), msgType), answer]
  }

  const anonymous = await session.ask({ method: 'GET', path: '/' }, { anonymous: true })
  rows.push(
    anonymousRow({ check: 'no certificate', where: MUST, right: 'no answer without a client certificate' }, anonymous),
  )
  for (const method of ['GET', 'HEAD']) {
    const answer = await ask({ method, path: '/' })
    if (method === 'GET' && answer.kind === 'failed') {
      return [...rows, statusRow({ check: 'GET /', where: SHOULD, right: '204' }, answer, [204])]
    }
    rows.push(statusRow({ check: `${method} /`, where: SHOULD, right: '204' }, answer, [204]))
  }
  for (const method of ['GET', 'POST']) {
    const body = method === 'POST' ? { contentType: 'text/xml', body: Buffer.from(harmless('Query', to)) } : {}
    const answer = await ask({ method, path: '/iodef-gateway-probe', ...body })
    rows.push(statusRow({ check: `${method} of another URI`, where: SHOULD, right: '404' }, answer, [404]))
  }
  const [query, plain] = await table('Query', harmless('Query', to))
  rows.push(query)
  const withCharset = await send(harmless('Query', to), 'text/xml; charset=utf-8')
  const charset = { check: 'charset=utf-8', where: 'RFC 7303 §9.2', right: 'the same as without that parameter' }
  rows.push(sameRow(charset, withCharset, plain))
  const utf16 = { check: 'UTF-16', where: 'XML 1.0 §2.2 MUST', right: 'the same as in UTF-8' }
  rows.push(sameRow(utf16, await send(inUtf16(harmless('Query', to)), 'text/xml; charset=utf-16'), plain))
  const octets = await send(harmless('Query', to), 'application/octet-stream')
  rows.push(statusRow({ check: 'another Content-Type', where: MUST, right: '4xx: 415' }, octets, refuses))
  rows.push(statusRow({ check: 'unknown MsgType', where: MUST, right: '4xx' }, await send(unknownType(to)), refuses))
  rows.push(statusRow({ check: 'not well-formed', where: MUST, right: '4xx' }, await send('<RID><'), refuses))
  const unasked = { where: 'RFC 6546 Table 1', right: '4xx: it comes as callback alone' }
  rows.push(unaskedRow({ check: 'Acknowledgement unasked', ...unasked }, await send(harmless('Acknowledgement', to))))
  if (post) {
    for (const type of ['Report', 'InvestigationRequest', 'TraceRequest'] as const) {
      rows.push((await table(type, posted(type, to)))[0])
    }
    rows.push(unaskedRow({ check: 'Result unasked', ...unasked }, await send(posted('Result', to))))
  }
  const sessions = session.connections()
  rows.push(
    redirectRow(heard),
    rowOf(
      { check: 'connections', where: 'RFC 6546 §3 MUST', right: 'one connection for many messages' },
      { asItSays: sessions < heard.length ? 'yes' : 'no', found: `${sessions} for ${heard.length} requests` },
    ),
  )
  return rows
}

const MUST = 'RFC 6546 §3 MUST'
const SHOULD = 'RFC 6546 §3 SHOULD'

const RIGHT: Readonly<Record<MsgType, string>> = {
  Query: '200 with an Acknowledgement or a Report, or 202 with a token',
  InvestigationRequest: '200 with an Acknowledgement, a Result or a Report, or 202 with a token',
  TraceRequest: '200 with an Acknowledgement, a Result or a Report, or 202 with a token',
  Report: '200, empty or with an Acknowledgement',
  Result: '200, empty, as callback',
  Acknowledgement: '200, empty, as callback',
}

function refuses(status: number): boolean {
  return status >= 400 && status < 500
}

import { MSG_TYPES, type MsgType } from '../vocabulary.ts'

/** A row of RFC 6546 Table 1: which reply a request may get in the HTTP response to it. */
interface Exchange {
  readonly request: MsgType
  /** the request is itself the late reply to something asked earlier, POSTed back (RFC 6546 §3, RID callback) */
  readonly callback: boolean
  readonly status: 200 | 202
  readonly reply: MsgType | 'empty'
}

/** RFC 6546 Table 1, row by row. */
export const TABLE_1: readonly Exchange[] = [
  { request: 'InvestigationRequest', callback: false, status: 200, reply: 'Acknowledgement' },
  { request: 'InvestigationRequest', callback: false, status: 200, reply: 'Result' },
  { request: 'InvestigationRequest', callback: false, status: 200, reply: 'Report' },
  { request: 'InvestigationRequest', callback: false, status: 202, reply: 'empty' },
  { request: 'TraceRequest', callback: false, status: 200, reply: 'Acknowledgement' },
  { request: 'TraceRequest', callback: false, status: 200, reply: 'Result' },
  { request: 'TraceRequest', callback: false, status: 200, reply: 'Report' },
  { request: 'TraceRequest', callback: false, status: 202, reply: 'empty' },
  { request: 'Query', callback: false, status: 200, reply: 'Acknowledgement' },
  { request: 'Query', callback: false, status: 200, reply: 'Report' },
  { request: 'Query', callback: false, status: 202, reply: 'empty' },
  { request: 'Acknowledgement', callback: true, status: 200, reply: 'empty' },
  { request: 'Result', callback: true, status: 200, reply: 'empty' },
  { request: 'Report', callback: false, status: 200, reply: 'Acknowledgement' },
  { request: 'Report', callback: false, status: 200, reply: 'empty' },
  { request: 'Report', callback: true, status: 200, reply: 'empty' },
]

/** The RID messages that may stand in the HTTP response to `request`; an empty response is another matter. */
export function repliesTo(request: MsgType): readonly MsgType[] {
  return TABLE_1.filter((row) => row.request === request).flatMap((row) => (row.reply === 'empty' ? [] : [row.reply]))
}

/** Whether RFC 6546 allows that reply; `empty` is a response without a body and needs its status. */
export function mayAnswer(request: MsgType, reply: MsgType | 'empty', status: 200 | 202 = 200): boolean {
  return TABLE_1.some((row) => row.request === request && row.reply === reply && row.status === status)
}

/** MsgTypes that may open an exchange: POSTed without having been asked for. */
export const OPENING: readonly MsgType[] = MSG_TYPES.filter((type) =>
  TABLE_1.some((row) => row.request === type && !row.callback),
)

/** MsgTypes that may be POSTed as callback. Acknowledgement and Result are POSTed only so. */
export const CALLBACKS: readonly MsgType[] = MSG_TYPES.filter((type) =>
  TABLE_1.some((row) => row.request === type && row.callback),
)

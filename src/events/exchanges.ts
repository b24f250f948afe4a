import type { Measure, Rows } from './row.ts'

/** A question and who asked it. No criteria, no document. */
export interface OfExchange {
  readonly exchange: string
  /** the peer who asked */
  readonly source: string
  /** what it is traced by: the incident that is asked for, or `exchange` and its id */
  readonly incident: string
}

/** What an operator did to a question. */
interface ExchangeDeed {
  /** who did it: the name of a user of the machine */
  readonly by: string
}

/** What becomes of questions and their answers. */
export interface ExchangeNews {
  asked: OfExchange & {
    readonly msgType: string
    readonly legs: number
    readonly matches?: number
    readonly left?: number
    /** what touches the text of the question, in words */
    readonly note?: string
  }
  'question-denied': OfExchange & { readonly msgType: string; readonly code: string; readonly reason: string }
  'trace-loop': OfExchange & { readonly msgType: string; readonly code: string; readonly reason: string }
  'question-held': OfExchange & { readonly msgType: string }
  'asked-on': OfExchange & { readonly peer: string; readonly msgType: string; readonly reply: string }
  promised: OfExchange
  answer: OfExchange & { readonly peer: string; readonly msgType: string }
  answered: OfExchange & { readonly msgType: string; readonly answers: number }
  pending: OfExchange
  'leg-closed': OfExchange & { readonly peer: string; readonly to: string; readonly reason: string }
  'answer-withheld': OfExchange & { readonly reason: string }
  late: OfExchange & { readonly peer: string; readonly msgType: string }
  expired: OfExchange & { readonly answers: number }
  'taken-back': OfExchange
  'operator-closed': OfExchange & ExchangeDeed & { readonly answers: number }
  'operator-approved': OfExchange & ExchangeDeed & { readonly peer?: string }
  'operator-denied': OfExchange & ExchangeDeed & { readonly reason: string }
  'callback-unknown': { readonly peer: string; readonly msgType: string }
  'callback-stolen': { readonly peer: string; readonly msgType: string; readonly owner: string }
  'callback-ignored': { readonly peer: string; readonly msgType: string }
}

type DeedName = { [K in keyof ExchangeNews]: ExchangeNews[K] extends ExchangeDeed ? K : never }[keyof ExchangeNews]

/** Every deed: a running gateway tells of those, whichever process they were done in. */
export const EXCHANGE_DEEDS = Object.keys({
  'operator-closed': true,
  'operator-approved': true,
  'operator-denied': true,
} satisfies Record<DeedName, true>) as DeedName[]

function step(outcome: string): readonly [Measure<OfExchange>] {
  return [{ metric: 'questions', labels: { source: (e) => e.source, outcome } }]
}

export const EXCHANGES = {
  asked: {
    level: 'info',
    text: 'Question taken',
    help: 'it is on disk; `legs` says how many are asked, `matches` how many Incidents of the archive the asker may see, `left` how many of those cannot be sent',
    measures: step('asked'),
    traced: true,
  },
  'question-denied': {
    level: 'warn',
    text: 'Question denied',
    help: '`code`: see [Denied](#troubleshooting-answers); the asker knows',
    measures: step('denied'),
    traced: true,
  },
  'trace-loop': {
    level: 'error',
    text: 'Question went round and was denied',
    help: '`code`: see [Denied](#troubleshooting-answers); somebody asks on what came from here: look at the routes of both',
    measures: step('trace-loop'),
    traced: true,
  },
  'question-held': {
    level: 'warn',
    text: 'Question waits for an operator',
    help: 'a route says `held`: `exchanges approve`, or `exchanges deny`, with the id in `exchange`',
    measures: step('held'),
    traced: true,
  },
  'asked-on': {
    level: 'info',
    text: 'Question asked on',
    help: '`peer` was asked and answered in its response as `reply` says',
    measures: step('asked-on'),
    traced: true,
  },
  promised: {
    level: 'info',
    text: 'Answer promised for later',
    help: 'the asker has 202, or Pending; what comes goes to it as a delivery',
    measures: step('promised'),
    traced: true,
  },
  answer: {
    level: 'info',
    text: 'Answer of a peer taken',
    help: 'it is on disk, and goes to whoever asked',
    measures: step('answer'),
    traced: true,
  },
  answered: {
    level: 'info',
    text: 'Question answered in the response',
    help: '`answers`: how many messages there were; the response has one',
    measures: step('answered'),
    traced: true,
  },
  pending: {
    level: 'info',
    text: 'The asker is told that its answer is pending',
    help: 'nothing: nobody answered within `exchanges.pending`',
    measures: step('pending'),
    traced: true,
  },
  'leg-closed': {
    level: 'warn',
    text: 'A peer that was asked will not answer',
    help: '`to` is `denied` or `failed`, `reason` why; the others are waited for',
    measures: step('leg-closed'),
    traced: true,
  },
  'answer-withheld': {
    level: 'warn',
    text: 'Answer withheld by policy',
    help: 'its `restriction`, or the Topic it was on, is not for the asker, who is told nothing of it; nothing, if that is as it should be',
    measures: step('withheld'),
    traced: true,
  },
  late: {
    level: 'warn',
    text: 'Answer came after the question was closed, and is held',
    help: '`queue show` has it, `queue retry` sends it to whoever asked; perhaps `exchanges.expireQuery` is short',
    measures: step('late'),
    traced: true,
  },
  expired: {
    level: 'warn',
    text: 'Question closed: its time was over',
    help: 'whoever was asked did not answer in time; the asker is told, if it had nothing',
    measures: step('expired'),
    traced: true,
  },
  'taken-back': {
    level: 'info',
    text: 'Question taken back by whoever asked',
    help: 'nothing: its item was retracted from the Topic in `source`, and nobody is asked any more',
    measures: step('taken-back'),
    traced: true,
  },
  'operator-closed': {
    level: 'warn',
    text: 'Question closed by an operator',
    help: '`by` did that with `exchanges close`; the asker is told, if it had nothing',
    measures: step('operator-closed'),
    traced: true,
  },
  'operator-approved': {
    level: 'info',
    text: 'Question approved by an operator',
    help: '`by` did that with `exchanges approve`; `peer` is asked now, if there is one',
    measures: step('operator-approved'),
    traced: true,
  },
  'operator-denied': {
    level: 'info',
    text: 'Question denied by an operator',
    help: '`by` did that with `exchanges deny`; the asker is told the Justification in `reason`',
    measures: step('operator-denied'),
    traced: true,
  },
  'callback-unknown': {
    level: 'warn',
    text: 'RID-Callback-Token is unknown here',
    help: 'a Report is taken as one that nobody asked for, anything else refused; tell the peer',
    measures: [{ metric: 'questions', labels: { source: (c) => c.peer, outcome: 'callback-unknown' } }],
    offPage: true,
  },
  'callback-stolen': {
    level: 'error',
    text: "RID-Callback-Token is another peer's",
    help: '`peer` sent a token that `owner` gave: one of them shows it around. Treated as unknown; ask both',
    measures: [{ metric: 'questions', labels: { source: (c) => c.peer, outcome: 'callback-stolen' } }],
  },
  'callback-ignored': {
    level: 'warn',
    text: 'RID-Callback-Token of a question was ignored',
    help: 'a question is no answer (RFC 6546 §3); tell the peer',
    offPage: true,
  },
} as const satisfies Rows<ExchangeNews>

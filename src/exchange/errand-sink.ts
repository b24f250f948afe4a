import type { PeerConfig } from '../config/types.ts'
import type { Sink, SinkOutcome } from '../delivery/sink.ts'
import { tellLosses } from '../relay/in-version.ts'
import type { Heard, RidSender } from '../rid/contract.ts'
import type { Delivery } from '../store/contract.ts'
import type { Exchange } from '../store/exchanges.ts'
import type { MsgType } from '../vocabulary.ts'
import { documentFor } from './answer-in-version.ts'
import { wayTo } from './asker.ts'
import { emptyReport } from './compose.ts'
import { about, type ExchangeContext } from './context.ts'
import { createErrands, ONCE_MORE } from './errands.ts'
import { judgeHeard } from './heard.ts'
import { takeOrHold } from './keep-late.ts'
import { isDecided, NO_LEG } from './outcome.ts'
import { renderAnswer, renderQuestion } from './render-answer.ts'
import { hiddenFrom } from './rights.ts'
import { stillAsking } from './still-asking.ts'
import { type AnswerBody, type Errand, parseAnswer, parseQuestion } from './stored.ts'
import { storedAnswer } from './stored-answer.ts'
import { takeAnswer } from './take-answer.ts'

interface ErrandSinkOptions {
  readonly peer: PeerConfig
  /** undefined: it has no url */
  readonly sender: RidSender | undefined
  /** to whoever shows the peer's certificate at this address (RFC 6546 §3: where the question came from) */
  readonly senderAt: (address: string) => RidSender
  /** all other deliveries to the peer; undefined where it gets no others */
  readonly otherwise: Sink | undefined
}

/** Deliveries of questions and answers to one RID peer. */
export function createErrandSink(context: ExchangeContext, options: ErrandSinkOptions): Sink {
  return createErrands(options.otherwise ?? 'nothing is sent to a peer without url', (delivery, errand, signal) =>
    run(context, options, delivery, errand, signal),
  )
}

async function run(
  context: ExchangeContext,
  options: ErrandSinkOptions,
  delivery: Delivery,
  errand: Errand,
  signal: AbortSignal,
): Promise<SinkOutcome> {
  const exchange = await context.store.exchange(errand.exchange)
  if (exchange === undefined) return { kind: 'hold', reason: `the question ${errand.exchange} is not kept any more` }
  if ('leg' in errand) return askOn(context, options, delivery, exchange, errand.leg, signal)
  const stored = storedAnswer(exchange, errand)
  if (stored.kind === 'hold') return stored
  const hidden = hiddenFrom(options.peer, stored.body)
  if (hidden === undefined) return answer(context, options, delivery, exchange, stored.body, signal)
  const nothing = 'answer' in errand ? insteadOf(options.peer, exchange, errand.answer) : undefined
  if (nothing === undefined) return { kind: 'withhold', reason: hidden }
  const outcome = await answer(context, options, delivery, exchange, nothing, signal)
  if (outcome.kind === 'delivered') await tellWithheld(context, exchange, hidden)
  return outcome
}

/** That there is nothing (RFC 6545 §7.4), where who asked may see none of its answers any more; told in the place of the last of them. */
function insteadOf(peer: PeerConfig, exchange: Exchange, n: number): AnswerBody | undefined {
  const answers = exchange.answers.filter(({ leg }) => leg !== NO_LEG)
  const isAll = answers.every(({ body }) => hiddenFrom(peer, parseAnswer(body)) !== undefined)
  if (exchange.msgType !== 'Query' || !isAll || !isDecided(exchange) || answers.at(-1)?.n !== n) return undefined
  return emptyReport(parseQuestion(exchange.question).policy.incidentId)
}

async function tellWithheld({ store, events }: ExchangeContext, exchange: Exchange, reason: string): Promise<void> {
  const happening = events.exchange('answer-withheld', { ...about(exchange), reason })
  await store.record(happening.trace)
  happening.tell()
}

/** An answer by callback (RFC 6546 §3). */
async function answer(
  context: ExchangeContext,
  { peer, sender, senderAt }: ErrandSinkOptions,
  delivery: Delivery,
  exchange: Exchange,
  body: AnswerBody,
  signal: AbortSignal,
): Promise<SinkOutcome> {
  const way = wayTo(peer)
  const to = way === 'source' && exchange.address !== null ? senderAt(exchange.address) : sender
  if (to === undefined) return { kind: 'hold', reason: `callback: ${peer.name} has no url` }
  const question = parseQuestion(exchange.question)
  const token = way === 'url' || way === 'source' ? exchange.token : null
  const written = await documentFor(context, peer, body.document)
  if (written !== undefined && 'impossible' in written) return { kind: 'hold', reason: written.impossible }
  const { document = body.document, losses = null } = written ?? {}
  const write = (system: Parameters<typeof renderAnswer>[2]) => renderAnswer({ ...body, document }, question, system)
  const outcome = await to.send(
    { write, msgType: body.msgType, ...(token !== null && { callbackToken: token }) },
    signal,
  )
  return tellLosses(context.events.tell, peer, delivery, outcome, losses)
}

/** The question to whom it is asked of; what it is answered with is committed before the delivery is settled. */
async function askOn(
  context: ExchangeContext,
  { peer, sender }: ErrandSinkOptions,
  delivery: Delivery,
  exchange: Exchange,
  n: number,
  signal: AbortSignal,
): Promise<SinkOutcome> {
  const asking = await stillAsking(context, exchange, n)
  if (asking === undefined) return { kind: 'withhold', reason: 'the question was closed before it could be asked' }
  if (sender === undefined) return { kind: 'hold', reason: `${peer.name} has no url` }
  const question = parseQuestion(exchange.question)
  const msgType = exchange.msgType as MsgType
  const all: Heard[] = []
  const heard = (response: Heard) => void all.push(response)
  const written = await documentFor(context, peer, question.document)
  if (written !== undefined && 'impossible' in written) return { kind: 'hold', reason: written.impossible }
  const { document = question.document } = written ?? {}
  const write = (to: Parameters<typeof renderQuestion>[1]) => renderQuestion({ ...question, document }, to)
  const outcome = await sender.send({ write, msgType, heard }, signal)
  const response = all.at(-1)
  if (response === undefined || outcome.kind === 'retry') return outcome
  const said = await judgeHeard(context, peer.name, msgType, response)
  if (said === 'busy') return { kind: 'retry', reason: 'Too busy to read the reply', destinationDown: false }
  if (said.kind === 'failed' && said.again === true && delivery.attempts === 0) {
    return { kind: 'retry', reason: said.reason, retryAfter: ONCE_MORE, destinationDown: false }
  }
  const taken = await takeOrHold(context, peer.name, asking, said, true)
  const reply = taken === 'unfit' ? 'unfit' : said.kind
  if (taken === 'unfit')
    await takeAnswer(context, asking.exchange, asking.n, { kind: 'failed', reason: 'its answer does not fit' })
  return { kind: 'delivered', status: response.status, note: { code: 'answered', text: `asked: ${reply}` } }
}

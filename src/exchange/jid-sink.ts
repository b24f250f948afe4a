import type { Sink, SinkOutcome } from '../delivery/sink.ts'
import type { Grid } from '../grid/contract.ts'
import type { Delivery } from '../store/contract.ts'
import type { MsgType } from '../vocabulary.ts'
import type { ExchangeContext } from './context.ts'
import { createErrands, ONCE_MORE } from './errands.ts'
import { bareOf } from './jids.ts'
import { judgeReply } from './judge-reply.ts'
import { takeOrHold } from './keep-late.ts'
import { type Addressee, questionElement } from './question-element.ts'
import { stillAsking } from './still-asking.ts'
import type { Errand } from './stored.ts'
import { takeAnswer } from './take-answer.ts'

export interface JidSinkOptions extends Addressee {
  readonly grid: Pick<Grid, 'request'>
  /** bytes of an element */
  readonly maxItem: number
  /** all deliveries but questions; undefined where it gets no others */
  readonly otherwise: Sink | undefined
}

/** Deliveries to somebody on the grid: questions that a route sends there, by IQ. */
export function createJidSink(context: ExchangeContext, options: JidSinkOptions): Sink {
  return createErrands(options.otherwise ?? 'nothing but questions is sent there', (delivery, errand, signal) =>
    'leg' in errand ? askOn(context, options, delivery, errand, signal) : undefined,
  )
}

/** The question to whom it is asked of; what it is answered with is committed before the delivery is settled. */
async function askOn(
  context: ExchangeContext,
  { jid, restrictions, grid, maxItem }: JidSinkOptions,
  delivery: Delivery,
  { exchange: id, leg: n }: Extract<Errand, { leg: number }>,
  signal: AbortSignal,
): Promise<SinkOutcome> {
  const exchange = await context.store.exchange(id)
  if (exchange === undefined) return { kind: 'hold', reason: `the question ${id} is not kept any more` }
  const waiting = await stillAsking(context, exchange, n)
  const open = waiting && (await context.store.exchange(waiting.exchange))
  if (waiting === undefined || open === undefined) {
    return { kind: 'withhold', reason: 'the question was closed before it could be asked' }
  }
  const written = await questionElement(context, open, { jid, restrictions }, maxItem)
  if ('reason' in written) {
    const reason = `it cannot be asked by IQ: ${written.reason}`
    await takeAnswer(context, waiting.exchange, waiting.n, { kind: 'failed', reason })
    return { kind: 'hold', reason }
  }
  using _ = context.asking.begin(waiting.exchange, waiting.n)
  const reply = await grid.request({ to: jid, type: 'get', xml: written.xml }, signal)
  const said = await judgeReply(context, jid, exchange.msgType as MsgType, reply)
  if (said.kind === 'retry') return said
  if (said.kind === 'failed' && said.again === true && delivery.attempts === 0) {
    return { kind: 'retry', reason: said.reason, retryAfter: ONCE_MORE, destinationDown: false }
  }
  await takeOrHold(context, bareOf(jid), waiting, said, true)
  return { kind: 'delivered', note: { code: 'answered', text: `asked: ${said.kind}` } }
}

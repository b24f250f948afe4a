import type { Sink, SinkOutcome } from '../delivery/sink.ts'
import type { Grid } from '../grid/contract.ts'
import { missingFrom } from '../iodef/restriction.ts'
import type { Delivery } from '../store/contract.ts'
import type { Exchange, Leg } from '../store/exchanges.ts'
import { answerItems } from './answer-items.ts'
import { askerIn } from './asker.ts'
import type { ExchangeContext } from './context.ts'
import { createErrands } from './errands.ts'
import { questionElement } from './question-element.ts'
import { hiddenFrom } from './rights.ts'
import { waitingLeg } from './still-asking.ts'
import type { AnswerBody, Errand } from './stored.ts'
import { storedAnswer } from './stored-answer.ts'
import { takeAnswer } from './take-answer.ts'

const CLOSED = { kind: 'withhold', reason: 'the question was closed before it could be asked' } as const

interface TopicErrandOptions {
  readonly grid: Pick<Grid, 'publish' | 'retract' | 'obstacle'>
  /** ms since the epoch: what is older may have been tried by a process that was killed */
  readonly startedAt: number
  /** all other deliveries to Topics */
  readonly otherwise: Sink
}

/** Deliveries of questions and answers to Topics: items, and their end. */
export function createTopicErrandSink(context: ExchangeContext, options: TopicErrandOptions): Sink {
  return createErrands(options.otherwise, (delivery, errand, signal) => run(context, options, delivery, errand, signal))
}

async function run(
  context: ExchangeContext,
  options: TopicErrandOptions,
  delivery: Delivery,
  errand: Errand,
  signal: AbortSignal,
): Promise<SinkOutcome> {
  const exchange = await context.store.exchange(errand.exchange)
  if (exchange === undefined) return { kind: 'hold', reason: `the question ${errand.exchange} is not kept any more` }
  if ('leg' in errand) return publishQuestion(context, options, delivery, exchange, errand.leg, signal)
  if ('retract' in errand) return retract(options, delivery, exchange.legs[errand.retract], signal)
  if ('answer' in errand && (exchange.state === 'expired' || exchange.state === 'cancelled')) {
    return { kind: 'withhold', reason: `the question was ${exchange.state} before its answer could be published` }
  }
  const stored = storedAnswer(exchange, errand)
  return stored.kind === 'hold' ? stored : publishAnswer(context, options, delivery, exchange, stored.body, signal)
}

async function retract(
  { grid }: TopicErrandOptions,
  { destination }: Delivery,
  leg: Leg | undefined,
  signal: AbortSignal,
): Promise<SinkOutcome> {
  if (leg?.token == null) return { kind: 'withhold', reason: 'the question was never published' }
  const outcome = await grid.retract(destination, leg.token, signal)
  const note = { code: 'retracted', text: 'the item that asked was retracted' } as const
  return outcome.kind === 'delivered' ? { ...outcome, note } : outcome
}

async function publishQuestion(
  context: ExchangeContext,
  options: TopicErrandOptions,
  delivery: Delivery,
  exchange: Exchange,
  n: number,
  signal: AbortSignal,
): Promise<SinkOutcome> {
  const { store, config } = context
  const { destination } = delivery
  if (waitingLeg(exchange, n) === undefined) return CLOSED
  const { restrictions } = askerIn(config, { askerKind: 'topic', asker: destination })
  const to = { jid: config.grid.broker, restrictions }
  const written = await questionElement(context, exchange, to, config.grid.maxItem)
  if ('reason' in written) return fail(context, exchange, n, `it cannot be asked as an item: ${written.reason}`)
  const missing = missingFrom(restrictions, written.needed)
  if (missing !== undefined) {
    const reason = `the question counts as "${missing}", which Topic ${destination} may not carry`
    await takeAnswer(context, exchange.id, n, { kind: 'denied', reason })
    return { kind: 'withhold', reason }
  }
  const obstacle = options.grid.obstacle(destination)
  if (obstacle !== undefined) return obstacle
  // before it is published: what may be there has to be taken back, however this ends
  const now = await store.change(exchange.id, (there) => {
    const leg = waitingLeg(there, n)
    return leg && { change: { legs: [{ n, state: leg.state, token: written.id }] } }
  })
  if (now === undefined || waitingLeg(now, n) === undefined) return CLOSED
  const inDoubt = isInDoubt(delivery, options)
  const outcome = await options.grid.publish(destination, written.id, written.xml, signal, inDoubt)
  if (outcome.kind === 'hold') return { ...outcome, ...(await fail(context, exchange, n, outcome.reason)) }
  if (outcome.kind === 'delivered') await takeAnswer(context, exchange.id, n, { kind: 'promised' }, true)
  return outcome
}

async function fail(context: ExchangeContext, exchange: Exchange, n: number, reason: string): Promise<SinkOutcome> {
  await takeAnswer(context, exchange.id, n, { kind: 'failed', reason })
  return { kind: 'hold', reason }
}

async function publishAnswer(
  context: ExchangeContext,
  options: TopicErrandOptions,
  delivery: Delivery,
  exchange: Exchange,
  body: AnswerBody,
  signal: AbortSignal,
): Promise<SinkOutcome> {
  const { config } = context
  const hidden = hiddenFrom(askerIn(config, exchange), body)
  if (hidden !== undefined) return { kind: 'withhold', reason: hidden }
  const written = await answerItems(context, exchange, body, config.grid.maxItem)
  if ('reason' in written) return { kind: 'hold', reason: `it cannot travel as an item: ${written.reason}` }
  const inDoubt = isInDoubt(delivery, options)
  for (const { id, xml } of written.items) {
    const outcome = await options.grid.publish(delivery.destination, id, xml, signal, inDoubt)
    if (outcome.kind !== 'delivered') return outcome
  }
  return { kind: 'delivered' }
}

function isInDoubt({ attempts, createdAt }: Delivery, { startedAt }: TopicErrandOptions): boolean {
  return attempts > 0 || createdAt < startedAt
}

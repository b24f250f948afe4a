import type { Sink, SinkOutcome } from '../delivery/sink.ts'
import type { Grid, GridReply } from '../grid/contract.ts'
import type { SendOutcome } from '../outcome.ts'
import { tellLosses } from '../relay/in-version.ts'
import { elementsOf } from '../relay/make-items.ts'
import { policyOf, renderMessage } from '../rid/message.ts'
import { ANY_NODE } from '../rid/node.ts'
import { documentFor } from './answer-in-version.ts'
import { askerIn, participantOf } from './asker.ts'
import type { ExchangeContext } from './context.ts'
import { createErrands } from './errands.ts'
import { readDocument } from './read-document.ts'
import { hiddenFrom } from './rights.ts'
import { type AnswerBody, type Errand, parseQuestion } from './stored.ts'
import { storedAnswer } from './stored-answer.ts'

/**
 * Answers to participants who asked by IQ: `report` and `response` IQ-sets to where they asked from, one Incident in each (XEP-0268 §4),
 * policy looked at once more. Whoever is gone gets it later; whoever does not take it, by an operator.
 */
export function createJidAnswerSink(context: ExchangeContext, grid: Pick<Grid, 'request'>): Sink {
  return createErrands(NO_ANSWER, async (delivery, errand, signal) => {
    const sending = await toSend(context, errand)
    if ('kind' in sending) return sending
    const outcome = await sendEach(grid, sending, signal)
    const { tell } = context.events
    return tellLosses(tell, { name: delivery.destination }, delivery, outcome, sending.losses)
  })
}

const NO_ANSWER = 'it is no answer to a question'

interface Sending {
  readonly to: string
  readonly elements: readonly string[]
  /** what IODEF 1 has no place for */
  readonly losses: Losses
}

async function toSend(context: ExchangeContext, errand: Errand): Promise<Sending | SinkOutcome> {
  const { config, store } = context
  if ('leg' in errand) return { kind: 'hold', reason: NO_ANSWER }
  const exchange = await store.exchange(errand.exchange)
  if (exchange === undefined) return { kind: 'hold', reason: `the question ${errand.exchange} is not kept any more` }
  const stored = storedAnswer(exchange, errand)
  if (stored.kind === 'hold') return stored
  const hidden = hiddenFrom(askerIn(config, exchange), stored.body)
  if (hidden !== undefined) return { kind: 'withhold', reason: hidden }
  const { address: to, asker } = exchange
  if (to === null) return { kind: 'hold', reason: 'nobody knows where it was asked from' }
  const iodef = participantOf(config.grid, asker)?.iodef ?? 2
  const mark = parseQuestion(exchange.question).exchange
  const made = await elements(context, asker, stored.body, { iodef, mark })
  if ('reason' in made) return { kind: 'hold', reason: `it cannot be sent by IQ: ${made.reason}` }
  return { to, ...made }
}

async function sendEach(
  grid: Pick<Grid, 'request'>,
  { to, elements }: Sending,
  signal: AbortSignal,
): Promise<SendOutcome> {
  for (const xml of elements) {
    const outcome = outcomeOf(await grid.request({ to, type: 'set', xml }, signal))
    if (outcome.kind !== 'delivered') return outcome
  }
  return { kind: 'delivered' }
}

type Losses = Parameters<typeof tellLosses>[4]
type Made = Pick<Sending, 'elements' | 'losses'> | { readonly reason: string }

interface As {
  readonly iodef: 1 | 2
  /** of the question, as its asker calls it */
  readonly mark: string | undefined
}

/** The document once more, as an element for each Incident: what was stored is as it came. */
async function elements(
  { reader, config }: Pick<ExchangeContext, 'reader' | 'config'>,
  who: string,
  body: AnswerBody,
  { iodef, mark }: As,
): Promise<Made> {
  const own = policyOf(body.msgType, 'PeerToPeer', 'Network', ANY_NODE, null)
  const { restriction } = body
  const policy = restriction === undefined ? own : { ...own, attributes: { ...own.attributes, restriction } }
  const source = body.msgType === 'Result' ? body.incidentSource : null
  const written = await documentFor({ reader }, { name: who, iodef }, body.document)
  if (written === undefined) return { reason: 'it has no document' }
  if ('impossible' in written) return { reason: written.impossible }
  const read = await readDocument(reader, who, renderMessage(policy, written.document, source), iodef === 1)
  if ('reason' in read) return read
  const { document } = read
  const rid = {
    // it says nothing but what the element says, unless it restricts
    policy: restriction === undefined ? null : policy,
    incidentSource: source,
    signatures: body.document?.signatures ?? [],
  }
  const exchange = mark === undefined ? {} : { exchange: { id: mark } }
  const made = [...elementsOf({ msgType: body.msgType, document, rid, ...exchange })].map(({ item }) => item.xml)
  const bytes = Math.max(...made.map((xml) => Buffer.byteLength(xml)))
  if (bytes > config.grid.maxItem)
    return { reason: `it has ${bytes} bytes, and grid.maxItem is ${config.grid.maxItem}` }
  return { elements: made, losses: written.losses }
}

/** Conditions with which a server speaks for somebody who is not there (RFC 6121 §8.5.3.2.3, RFC 6120 §8.3.3). */
const GONE = [
  ...['service-unavailable', 'recipient-unavailable', 'item-not-found'],
  ...['remote-server-not-found', 'remote-server-timeout'],
]

function outcomeOf(reply: GridReply): SendOutcome {
  if (reply.kind === 'result') return { kind: 'delivered' }
  const { reason } = reply
  if (reply.kind !== 'error') return { kind: 'retry', reason, destinationDown: true }
  if (GONE.includes(reply.condition)) return { kind: 'retry', reason: `gone: ${reason}`, destinationDown: true }
  if (reply.type === 'wait') return { kind: 'retry', reason, destinationDown: false }
  return { kind: 'hold', reason: `it was not taken: ${reason}` }
}

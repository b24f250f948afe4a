import { tellRefusal } from '../relay/tell-refusal.ts'
import type { Answer, IncomingMessage, Problem } from '../rid/contract.ts'
import { policyOf, type RidPolicy, renderAcknowledgement } from '../rid/message.ts'
import { nodeOf } from '../rid/node.ts'
import type { NewExchange } from '../store/exchanges.ts'
import { answerQuestion } from './answer-question.ts'
import { type Asking, ask } from './ask.ts'
import { peerAsker } from './asker.ts'
import { about, type ExchangeContext } from './context.ts'
import type { Rate } from './rate.ts'
import { DENIALS, type DenialCode, REFUSALS, type RefusalCode } from './refusals.ts'

/** A question of a peer who may ask, whole and proper, answered as RFC 6546 Table 1 has it. Undefined: nobody would be asked. */
export async function askByRid(
  context: ExchangeContext,
  rate: Rate,
  message: IncomingMessage,
  inspection: Asking,
): Promise<Answer | undefined> {
  const { peer, address } = message
  const { msgType, policy } = inspection.rid
  const opened = await ask(context, rate, { asker: peerAsker(peer), address: address ?? null }, inspection)
  if (opened === undefined || policy === null) return undefined
  if (message.callbackToken !== undefined) {
    context.events.tell('callback-ignored', { peer: peer.name, msgType: msgType ?? '' })
  }
  if (opened.kind === 'denied') return deny(context, message, opened.exchange, policy, opened.code)
  if (opened.kind === 'full') return refuse(context, message, opened.exchange, opened.code, opened.wait)
  return answerQuestion(context, message, opened.id)
}

/** The same words whether there is something that the asker may not see, or nothing. */
async function deny(
  context: ExchangeContext,
  { peer, address }: IncomingMessage,
  exchange: NewExchange,
  asked: RidPolicy,
  code: DenialCode,
): Promise<Answer> {
  await tellDenial(context, exchange, code)
  const node = nodeOf({ name: peer.identity.dns, address })
  const own = policyOf('Acknowledgement', peer.policy.region, peer.policy.traffic, node, null)
  const { regions, traffic, incidentId } = asked
  return {
    kind: 'reply',
    xml: renderAcknowledgement({ ...own, regions, traffic, incidentId }, { denied: DENIALS[code].justification }),
  }
}

/** In log and trace. */
export async function tellDenial(context: ExchangeContext, exchange: NewExchange, code: DenialCode): Promise<void> {
  const of = { ...about(exchange), msgType: exchange.msgType, code, reason: DENIALS[code].reason }
  const event = code === 'own-path' || code === 'asked-back' ? 'trace-loop' : 'question-denied'
  await tellRefusal(context, exchange.asker, context.events.exchange(event, of))
}

async function refuse(
  context: ExchangeContext,
  { peer, id }: IncomingMessage,
  exchange: NewExchange,
  code: RefusalCode,
  retryAfter = 30,
): Promise<Answer> {
  const { status, title, detail } = REFUSALS[code]
  const incidents = exchange.incident === '' ? [] : [exchange.incident]
  const arrived = { direction: 'rid-to-rid', source: peer.name, incidents, message: id } as const
  await tellRefusal(context, peer.name, context.events.refused(arrived, code, detail))
  const problem: Problem = { status, title, detail, ...(status !== 403 && { retryAfter }) }
  return { kind: 'problem', problem }
}

import type { PeerConfig } from '../config/types.ts'
import type { Happening } from '../events.ts'
import type { Answer, IncomingMessage } from '../rid/contract.ts'
import type { RidSystem } from '../rid/node.ts'
import type { Exchange } from '../store/exchanges.ts'
import { answerFor } from './answer-in-version.ts'
import { wayTo } from './asker.ts'
import { deliverTo } from './closing.ts'
import { acknowledgement, emptyReport } from './compose.ts'
import { about, type ExchangeContext, wakeAsker } from './context.ts'
import { isDecided, isHeld, outcomeOf, respond, type Told } from './outcome.ts'
import { renderAnswer } from './render-answer.ts'
import { hiddenFrom } from './rights.ts'
import { parseAnswer, parseQuestion } from './stored.ts'
import { createToken } from './token.ts'

/** What the response to a question says: its answer, waited for as long as is allowed, or the promise of one. */
export async function answerQuestion(
  context: ExchangeContext,
  { peer, address, receivedAt }: IncomingMessage,
  id: string,
): Promise<Answer> {
  const until = receivedAt + context.config.exchanges.hold
  using watch = context.holds.watch(id)
  let { told, exchange } = await settle(context, peer, id, false)
  while (told.kind === 'wait') {
    const happened = await watch.wait(peer.name, until)
    ;({ told, exchange } = await settle(context, peer, id, !happened))
  }
  const to = { name: peer.identity.dns, address }
  if (told.kind === 'promised') return { kind: 'promised', token: told.token }
  const { policy } = parseQuestion(exchange.question)
  if (told.kind === 'pending') {
    return { kind: 'reply', xml: renderAnswer(acknowledgement(policy.incidentId, 'Pending'), { policy }, to) }
  }
  return { kind: 'reply', xml: await renderStored(context, peer, exchange, told.n, to) }
}

/** What is to be said, committed before it is. */
async function settle(context: ExchangeContext, peer: PeerConfig, id: string, last: boolean) {
  const { store, events } = context
  const way = wayTo(peer)
  let told: Told = { kind: 'wait' }
  let happening: Happening | undefined
  const exchange = await store.change(id, (now) => {
    const made = respond(now, way, last || isHeld(now))
    told = made.told
    happening = undefined
    if (made.promise) {
      const token = now.token ?? createToken()
      if (way === 'url' || way === 'source') told = { kind: 'promised', token }
      if (now.token !== null) return undefined
      happening = events.exchange('promised', about(now))
      const goes = way !== 'none' && { deliver: deliverTo(now), ...(isDecided(now) && { outcome: outcomeOf(now) }) }
      return { change: { token, ...goes }, trace: happening.trace }
    }
    if (made.change === undefined) return undefined
    happening = events.exchange('answered', { ...about(now), msgType: now.msgType, answers: now.answers.length })
    return { change: made.change, trace: happening.trace }
  })
  if (exchange === undefined) throw new Error(`there is no exchange ${id}`)
  happening?.tell()
  if (exchange.token !== null || exchange.state !== 'open') wakeAsker(context, exchange)
  return { told: told as Told, exchange }
}

/** Rights may have changed since it was stored: what is withheld looks like nothing. */
async function renderStored(
  context: ExchangeContext,
  peer: PeerConfig,
  exchange: Exchange,
  n: number,
  to: RidSystem,
): Promise<string> {
  const question = parseQuestion(exchange.question)
  const stored = exchange.answers[n]
  if (stored === undefined) throw new Error(`exchange ${exchange.id} has no answer ${n}`)
  const answer = parseAnswer(stored.body)
  const shown = hiddenFrom(peer, answer) === undefined ? answer : emptyReport(question.policy.incidentId)
  return renderAnswer(await answerFor(context, peer, exchange, shown), question, to)
}

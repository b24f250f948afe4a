import type { Happening } from '../events.ts'
import type { GridIqReply } from '../grid/contract.ts'
import type { Inspection } from '../reading/inspection.ts'
import { tellRefusal } from '../relay/tell-refusal.ts'
import type { NewExchange } from '../store/exchanges.ts'
import { ask } from './ask.ts'
import { tellDenial } from './ask-by-rid.ts'
import { jidAsker, type Participant } from './asker.ts'
import { deliverTo } from './closing.ts'
import { about, type ExchangeContext, wakeAsker } from './context.ts'
import { asMessage } from './item-question.ts'
import { outcomeOf } from './outcome.ts'
import type { Rate } from './rate.ts'
import { DENIALS, type DenialCode, REFUSALS, type RefusalCode } from './refusals.ts'
import { type IqTold, respondByIq } from './respond-by-iq.ts'
import { createToken } from './token.ts'

const FORBIDDEN = { kind: 'error', type: 'auth', condition: 'forbidden' } as const satisfies GridIqReply
const BUSY = { kind: 'error', type: 'wait', condition: 'resource-constraint' } as const satisfies GridIqReply

/** A question that one of closed ago is no more: its answers went out in IQs of their own, and are asked for again. */
const NEVER = Number.POSITIVE_INFINITY

/** An `inquiry` or `request` (XEP-0268 §4) of a participant who may send it, full JID `from`; it was read and is valid. */
export async function askByIq(
  context: ExchangeContext,
  rate: Rate,
  participant: Participant,
  from: string,
  inspection: Inspection,
): Promise<GridIqReply> {
  const asking = asMessage(inspection, context.config.rid.name)
  if (asking === undefined) return { kind: 'error', type: 'modify', condition: 'bad-request' }
  const until = context.clock.now() + context.config.exchanges.holdIq
  const asker = jidAsker(participant)
  const opened = await ask(context, rate, { asker, address: from }, asking, NEVER)
  if (opened === undefined) return FORBIDDEN
  if (opened.kind === 'denied') return deny(context, opened.exchange, opened.code)
  if (opened.kind === 'full') return refuse(context, opened.exchange, opened.code)
  return answer(context, asker.name, from, opened.id, until)
}

/** `result` where there is something, or may be later; it comes in IQs of its own. Waited for as long as is allowed. */
async function answer(
  context: ExchangeContext,
  who: string,
  from: string,
  id: string,
  until: number,
): Promise<GridIqReply> {
  using watch = context.holds.watch(id)
  let told = await settle(context, id, from, false)
  while (told.kind === 'wait') {
    const happened = await watch.wait(who, until)
    told = await settle(context, id, from, !happened)
  }
  return told
}

/** What is to be said, committed before it is. */
async function settle(context: ExchangeContext, id: string, from: string, last: boolean): Promise<IqTold> {
  const { store, events } = context
  let told: IqTold = { kind: 'wait' }
  let happening: Happening | undefined
  const exchange = await store.change(id, (now) => {
    const made = respondByIq(now, last)
    told = made.told
    happening = undefined
    // asked again from elsewhere: that is where the asker is now
    const isMoved = now.address !== from && now.state === 'open'
    const moved = isMoved ? { address: from } : {}
    if (made.promise) {
      happening = events.exchange('promised', about(now))
      const outcome = made.decided ? { outcome: outcomeOf(now) } : {}
      return { change: { token: createToken(), deliver: deliverTo(now), ...outcome, ...moved }, trace: happening.trace }
    }
    if (made.nothing) {
      happening = events.exchange('answered', { ...about(now), msgType: now.msgType, answers: 0 })
      const sent = now.answers.map(({ n }) => n)
      return { change: { sent, outcome: outcomeOf(now), ...moved }, trace: happening.trace }
    }
    return isMoved ? { change: moved } : undefined
  })
  if (exchange === undefined) throw new Error(`there is no exchange ${id}`)
  happening?.tell()
  // behind the answer to the question, which is written first
  if (exchange.token !== null) setImmediate(() => wakeAsker(context, exchange))
  return told
}

async function deny(context: ExchangeContext, exchange: NewExchange, code: DenialCode): Promise<GridIqReply> {
  await tellDenial(context, exchange, code)
  if (code !== 'no-criterion' && code !== 'format') return FORBIDDEN
  return { kind: 'error', type: 'modify', condition: 'bad-request', text: `${DENIALS[code].reason}.` }
}

async function refuse(context: ExchangeContext, exchange: NewExchange, code: RefusalCode): Promise<GridIqReply> {
  const incidents = exchange.incident === '' ? [] : [exchange.incident]
  const arrived = { direction: 'rid-to-rid', source: exchange.asker, incidents, message: exchange.id } as const
  await tellRefusal(context, exchange.asker, context.events.refused(arrived, code, REFUSALS[code].detail))
  return { ...BUSY, text: REFUSALS[code].detail }
}

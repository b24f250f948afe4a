import type { GridItem } from '../grid/contract.ts'
import { incidentKey } from '../iodef/incident-id.ts'
import type { Inspection } from '../reading/inspection.ts'
import { tellRefusal } from '../relay/tell-refusal.ts'
import type { Exchange } from '../store/exchanges.ts'
import { answerItems } from './answer-items.ts'
import { ask } from './ask.ts'
import { tellDenial } from './ask-by-rid.ts'
import { topicAsker } from './asker.ts'
import { about, type ExchangeContext, wakeAsker } from './context.ts'
import { asMessage } from './item-question.ts'
import type { Rate } from './rate.ts'
import { REFUSALS } from './refusals.ts'
import { parseAnswer } from './stored.ts'
import { takeAnswer } from './take-answer.ts'

/** An item that a Topic showed, and was read. `ours`: it came from a peer, and was published here. */
export interface FromTopic {
  readonly item: Pick<GridItem, 'topic' | 'id'>
  readonly inspection: Inspection
  readonly ours: boolean
}

/**
 * What an item asks, or answers, of a question (docs/grid-profile.md §4.5). It is an ordinary item as well: resolves, once that is on
 * disk, with the peers that have, or get, what it says by the question. Repeated for the same item it changes nothing.
 */
export async function takeFromTopic(
  context: ExchangeContext,
  rate: Rate,
  shown: FromTopic,
): Promise<readonly string[]> {
  const { item } = shown.inspection
  if (item === null) return []
  const isAnswer = item.element === 'report' || item.element === 'response'
  if (item.exchange === null) return isAnswer ? answerBare(context, shown) : askBare(context, rate, shown)
  const known = await context.store.exchange(item.exchange.id)
  if (isAnswer) return known === undefined ? [] : answer(context, known, shown)
  return known === undefined ? askOnTopic(context, rate, shown) : involved(known)
}

/** Who asks a question, and who is asked: none of them is to have it as an item, too. */
function involved({ askerKind, asker, legs }: Exchange): readonly string[] {
  const asked = legs.filter(({ kind }) => kind === 'peer').map(({ target }) => target)
  return askerKind === 'peer' ? [asker, ...asked] : asked
}

async function answer(
  context: ExchangeContext,
  exchange: Exchange,
  { item, inspection }: FromTopic,
): Promise<readonly string[]> {
  const leg = exchange.legs.find(({ kind, target }) => kind === 'topic' && target === item.topic)
  if (leg !== undefined) await takeAnswer(context, exchange.id, leg.n, { kind: 'answer', inspection })
  return exchange.askerKind === 'topic' && exchange.asker === item.topic ? answeredWith(context, exchange, item.id) : []
}

/** Peers whose answer was published as that item: it does not go back to where it came from. */
async function answeredWith(context: ExchangeContext, exchange: Exchange, id: string): Promise<readonly string[]> {
  const peers: string[] = []
  for (const { leg, body } of exchange.answers) {
    const { kind, target } = exchange.legs[leg] ?? {}
    if (kind !== 'peer' || target === undefined) continue
    const written = await answerItems(context, exchange, parseAnswer(body), Number.POSITIVE_INFINITY)
    if ('items' in written && written.items.some((one) => one.id === id)) peers.push(target)
  }
  return peers
}

/** By its IncidentID: whoever answers so does not say what. What is published here is no answer to what is asked here. */
async function answerBare(context: ExchangeContext, { item, inspection, ours }: FromTopic): Promise<readonly string[]> {
  const id = inspection.document?.incidents[0]?.id
  if (ours || id === undefined || id.id === '') return []
  // that of an instance answers who asked for all of them (RFC 6545 §6.5)
  for (const key of new Set([incidentKey(id), incidentKey({ ...id, instance: null })])) {
    for (const exchange of await context.store.askedOf(item.topic, key)) {
      const legs = (await context.store.exchange(exchange))?.legs ?? []
      const leg = legs.find(({ kind, target, token }) => kind === 'topic' && target === item.topic && token !== null)
      if (leg !== undefined) await takeAnswer(context, exchange, leg.n, { kind: 'answer', inspection })
    }
  }
  return []
}

/** Somebody who does not know of exchanges asks; what a peer sent, and was published here, is no question to us. */
function askBare(context: ExchangeContext, rate: Rate, shown: FromTopic): Promise<readonly string[]> {
  return shown.ours ? Promise.resolve([]) : askOnTopic(context, rate, shown)
}

async function askOnTopic(
  context: ExchangeContext,
  rate: Rate,
  { item, inspection }: FromTopic,
): Promise<readonly string[]> {
  const { config, clock, store } = context
  const topic = config.grid.topics.find(({ name }) => name === item.topic)
  const asking = asMessage(inspection, config.rid.name)
  const mark = inspection.item?.exchange ?? undefined
  // NaN: it says no time
  if (topic === undefined || asking === undefined || Date.parse(mark?.expires ?? '') <= clock.now()) return []
  const from = { asker: topicAsker(topic), address: item.id }
  const opened = await ask(context, rate, from, asking)
  if (opened === undefined) return []
  if (opened.kind === 'exchange') {
    const exchange = await store.exchange(opened.id)
    if (exchange !== undefined) wakeAsker(context, exchange)
    return exchange === undefined ? [] : involved(exchange)
  }
  if (opened.kind === 'denied') await tellDenial(context, opened.exchange, opened.code)
  else {
    const { detail } = REFUSALS[opened.code]
    const { exchange, code } = opened
    const of = { ...about(exchange), msgType: exchange.msgType, code, reason: detail }
    await tellRefusal(context, item.topic, context.events.exchange('question-denied', of))
  }
  return []
}

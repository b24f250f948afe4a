import { createHash } from 'node:crypto'
import type { Exchange } from '../store/exchanges.ts'
import { about, askerOf, type ExchangeContext, errandTo } from './context.ts'
import { type AnswerBody, newAnswer } from './stored.ts'
import { MOST_ANSWERS, type Said, type Taken, takeAnswer } from './take-answer.ts'

/** `takeAnswer` of what `from` said; an answer that nobody waits for any more is held. `full`: nor is that kept. */
export async function takeOrHold(
  context: ExchangeContext,
  from: string,
  asked: { readonly exchange: string; readonly n: number },
  said: Said,
  inResponse = false,
): Promise<Taken> {
  const { taken, exchange, body } = await takeAnswer(context, asked.exchange, asked.n, said, inResponse)
  if (taken !== 'closed' || exchange === undefined || body === undefined || body.document === null) return taken
  return (await keepLate(context, from, exchange, body)) ? 'closed' : 'full'
}

/**
 * An answer of `from` that was asked for, and nobody waits for any more: an operator may send it on. False where as many of his wait for
 * that as would have been kept in time: whoever was asked once must not fill the disk.
 */
async function keepLate(
  { store, events, clock }: ExchangeContext,
  from: string,
  exchange: Exchange,
  body: AnswerBody,
): Promise<boolean> {
  const happening = events.exchange('late', { ...about(exchange), peer: from, msgType: body.msgType })
  const reason = `late: it came from ${from} after the question was closed as ${exchange.state}`
  const delivery = errandTo(askerOf(exchange), exchange, { exchange: exchange.id, late: body }, reason)
  const digest = createHash('sha256')
    .update(`${exchange.id}\n${newAnswer(0, body).digest}`)
    .digest('hex')
  const { destination, incident } = delivery
  const held = await store.list({ destination, incident, states: ['held'] })
  if (held.filter(({ source }) => source === from).length >= MOST_ANSWERS) {
    return (await store.findEnvelope('rid-to-rid', from, digest)) !== undefined
  }
  const outcome = await store.accept(
    {
      direction: 'rid-to-rid',
      source: from,
      digest,
      msgType: body.msgType,
      incidents: [delivery.incident],
      receivedAt: clock.now(),
      deliveries: [delivery],
    },
    happening.trace,
  )
  if (outcome.outcome === 'accepted') happening.tell()
  return true
}

import type { Exchange } from '../store/exchanges.ts'
import { NO_LEG } from './outcome.ts'
import { type AnswerBody, type Errand, parseAnswer } from './stored.ts'

type Sendable =
  | { readonly kind: 'answer'; readonly body: AnswerBody }
  | { readonly kind: 'hold'; readonly reason: string }

/** What of an exchange an errand sends to whoever asked; or why it waits for an operator. Throws SyntaxError as parseAnswer does. */
export function storedAnswer(exchange: Exchange, errand: Exclude<Errand, { leg: number }>): Sendable {
  if ('late' in errand) return { kind: 'answer', body: errand.late }
  if ('retract' in errand) return { kind: 'hold', reason: 'only a Topic has items' }
  const stored = exchange.answers[errand.answer]
  if (stored === undefined) return { kind: 'hold', reason: `the question has no answer ${errand.answer}` }
  if ((exchange.state === 'expired' || exchange.state === 'cancelled') && stored.leg !== NO_LEG) {
    const how = exchange.state === 'expired' ? 'expired' : 'was closed by an operator'
    return { kind: 'hold', reason: `callback: the question ${how} before its answer could be sent` }
  }
  return { kind: 'answer', body: parseAnswer(stored.body) }
}

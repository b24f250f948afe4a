import { GatewayError } from '../errors.ts'
import type { Tell } from '../tell.ts'
import type { Accept, Answer, IncomingMessage } from './contract.ts'
import type { ListenerNews } from './news.ts'

/** s */
const RETRY_AFTER = 30

/**
 * What `accept` says, within `ms`. What it throws, or no answer, is our own failure: 503, and the peer repeats the message, which
 * is idempotent (RFC 6546 §3).
 */
export function askInTime(
  accept: Accept,
  message: IncomingMessage,
  ms: number,
  tell: Tell<ListenerNews>,
): Promise<Answer> {
  const context = { request: message.id, peer: message.peer.name }
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      tell('rid-unanswered', { ...context, ms })
      resolve(unavailable('This RID system is too slow at the moment.'))
    }, ms).unref()
    const settle = (answer: Answer) => {
      clearTimeout(timer)
      resolve(answer)
    }
    const fail = (error: unknown) => {
      const known = error instanceof GatewayError
      const level = known && error.permanence === 'transient' ? 'warn' : 'error'
      tell('rid-not-taken', { ...context, err: error }, level)
      settle(unavailable(known ? error.publicText : undefined))
    }
    try {
      accept(message).then(settle, fail)
    } catch (error) {
      fail(error)
    }
  })
}

function unavailable(detail: string | undefined): Answer {
  const text = detail === undefined ? {} : { detail }
  return { kind: 'problem', problem: { status: 503, title: 'Service Unavailable', ...text, retryAfter: RETRY_AFTER } }
}

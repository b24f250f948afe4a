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
export async function askInTime(
  accept: Accept,
  message: IncomingMessage,
  ms: number,
  tell: Tell<ListenerNews>,
): Promise<Answer> {
  const context = { request: message.id, peer: message.peer.name }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => {
      tell('rid-unanswered', { ...context, ms })
      resolve(unavailable('This RID system is too slow at the moment.'))
    }, ms).unref()
  })
  // inside an async function, so that what accept throws before its first await is a rejection too
  const answer = (async () => accept(message))().catch((error: unknown) => {
    const known = error instanceof GatewayError
    const level = known && error.permanence === 'transient' ? 'warn' : 'error'
    tell('rid-not-taken', { ...context, err: error }, level)
    return unavailable(known ? error.publicText : undefined)
  })
  const first = await Promise.race([answer, late])
  clearTimeout(timer)
  return first
}

function unavailable(detail: string | undefined): Answer {
  const text = detail === undefined ? {} : { detail }
  return { kind: 'problem', problem: { status: 503, title: 'Service Unavailable', ...text, retryAfter: RETRY_AFTER } }
}

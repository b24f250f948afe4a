import type { Justification } from '../rid/message.ts'
import type { Exchange, ExchangeChange, Leg } from '../store/exchanges.ts'
import { type Askers, askerIn } from './asker.ts'
import { closing, deliverTo } from './closing.ts'
import { acknowledgement } from './compose.ts'
import { about, type ExchangeContext, errandTo } from './context.ts'
import { ending } from './end.ts'
import { NO_LEG, said } from './outcome.ts'
import { newAnswer, parseQuestion } from './stored.ts'

/** What a deed needs: it is done in a process of its own, beside a gateway or without one. */
interface DeskContext extends Pick<ExchangeContext, 'events'> {
  readonly config: Askers
  readonly store: Pick<ExchangeContext['store'], 'change'>
}

interface Done {
  readonly done: boolean
  /** why it was not done, where it is open */
  readonly reason?: string
  /** as it is now; undefined where there is none */
  readonly exchange: Exchange | undefined
}

/**
 * An operator, `by` name, closes a question: nobody is asked any more, and whoever asked is told, unless something was said already.
 * Not done where it is closed.
 */
export async function closeQuestion({ config, store, events }: DeskContext, id: string, by: string): Promise<Done> {
  let done = false
  const exchange = await store.change(id, (now) => {
    done = now.state === 'open'
    if (!done) return undefined
    const happening = events.exchange('operator-closed', { ...about(now), by, answers: said(now).length })
    return { change: ending(config, now, 'cancelled'), trace: happening.trace }
  })
  return { done, exchange }
}

/**
 * An operator approves what waits for that: whom the route names is asked; where it names nobody, the Result comes from whoever
 * finds it. Whoever asked is told where it wants to know (`interim`).
 */
export function approveQuestion(context: DeskContext, id: string, by: string): Promise<Done> {
  const { config, events } = context
  return decide(context, id, (exchange, { n, target }) => {
    const to = target === '' ? undefined : whoIsAsked(config, target)
    if (typeof to === 'string') return to
    const peer = to && { peer: to.destination }
    const { trace } = events.exchange('operator-approved', { ...about(exchange), by, ...peer })
    const asked: ExchangeChange =
      to === undefined
        ? { legs: [{ n, state: 'promised' }] }
        : { ask: [{ n, delivery: errandTo(to, exchange, { exchange: id, leg: n }) }] }
    return { change: { ...asked, ...approved(config, exchange) }, trace }
  })
}

/** Or why that one cannot be asked. */
function whoIsAsked({ peers }: DeskContext['config'], target: string): Parameters<typeof errandTo>[0] | string {
  const peer = peers.find(({ name }) => name === target)
  if (peer === undefined && target.startsWith('jid:')) return { kind: 'jid', destination: target.slice('jid:'.length) }
  if (peer?.url === undefined) return `${target}, who would be asked, is no peer with a url`
  return { kind: 'peer', destination: target }
}

/** An operator denies what waits for that; whoever asked is told why (RFC 6545 §7.1). */
export function denyQuestion(context: DeskContext, id: string, by: string, reason: Justification): Promise<Done> {
  const { config, events } = context
  return decide(context, id, (exchange, { n }) => {
    const { trace } = events.exchange('operator-denied', { ...about(exchange), by, reason })
    const { policy } = parseQuestion(exchange.question)
    const denied = { legs: [{ n, state: 'denied', reason }] } as const
    return { change: closing(exchange, denied, askerIn(config, exchange), policy.incidentId), trace }
  })
}

type Change = Parameters<DeskContext['store']['change']>[1]

async function decide(
  { store }: DeskContext,
  id: string,
  made: (exchange: Exchange, leg: Leg) => ReturnType<Change> | string,
): Promise<Done> {
  let reason: string | undefined
  const exchange = await store.change(id, (now) => {
    reason = 'nothing of it waits for an operator'
    const leg = now.legs.find(({ kind, state }) => kind === 'held' && state === 'waiting')
    if (now.state !== 'open' || leg === undefined) return undefined
    const result = made(now, leg)
    reason = typeof result === 'string' ? result : undefined
    return typeof result === 'string' ? undefined : result
  })
  const done = exchange !== undefined && reason === undefined
  return { done, exchange, ...(reason !== undefined && { reason }) }
}

/** RFC 6546 Table 1 has an Acknowledgement as callback only. */
function approved(config: DeskContext['config'], exchange: Exchange): ExchangeChange {
  const { interim, way } = askerIn(config, exchange)
  if (interim !== true || exchange.token === null || (way !== 'url' && way !== 'source')) return {}
  const { policy } = parseQuestion(exchange.question)
  const word = newAnswer(NO_LEG, acknowledgement(policy.incidentId, 'Approved'))
  return { pendingAt: null, answers: [word], deliver: deliverTo(exchange) }
}

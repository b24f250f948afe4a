import type { Clock } from '../../clock.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import type { Tell } from '../../tell.ts'
import type { GridState } from '../../vocabulary.ts'
import type { ControllerNews } from '../news.ts'
import { HOPS, serviceElsewhere } from './elsewhere.ts'
import { createRound } from './round.ts'
import type { Session } from './session.ts'

/** ms */
export interface BackoffTiming {
  readonly min: number
  /** with the time a connection takes, the gateway is back within a quarter of a minute of the Controller's health */
  readonly max: number
  /** a session that lasted this long proves that all is well again */
  readonly stable: number
  /** between logins that were refused: a wrong password is not hammered */
  readonly refused: number
}

export const BACKOFF: BackoffTiming = { min: 1_000, max: 10_000, stable: 60_000, refused: 300_000 }

interface SuperviseOptions {
  /** One attempt there; `others`: another address waits for its turn. Rejects with GatewayError. */
  readonly connect: (signal: AbortSignal, address: string, others: boolean) => Promise<Session>
  /** Where the Controller is, as it is known now: at least one. Rejects with GatewayError. */
  readonly addresses: () => Promise<readonly string[]>
  /** Works with the session until its signal aborts, which is when it closed. */
  readonly run: (session: Session, signal: AbortSignal) => Promise<void>
  /** The session did what it is for: whatever ended it, the next one is tried soon. */
  readonly worked: () => boolean
  readonly state: (state: GridState, reason: GatewayError | null) => void
  readonly clock: Clock
  readonly tell: Tell<ControllerNews>
  readonly timing?: Partial<BackoffTiming>
  readonly signal: AbortSignal
  /** Ends the pause before the next attempt. */
  readonly hurry?: () => AbortSignal
}

/** Where to go next, and when: at once, or after a pause. */
type Next = { readonly to: string | undefined; readonly pause: boolean }

/**
 * Keeps one session open until the signal aborts: a new one per attempt. Another address is gone to at once; where each had its turn there is
 * a pause with full jitter, a long one when the login was refused. Where a Controller sends us elsewhere (RFC 6120 §4.9.3.19) is gone to at
 * once, a few times in a row; what is asked of the one there is the same. Never rejects.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { clock, tell, signal } = options
  const timing = { ...BACKOFF, ...options.timing }
  const round = createRound(options.addresses, clock.now)
  let failures = 0
  let hops = 0
  /** sessions in a row that were of use and ended nearly at once */
  let brief = 0
  let elsewhere: string | undefined
  /** Is another gone to at once? What ends one session may end all of them, and they would be left for each other in a circle. */
  function goesOn(address: string, begun: number): boolean {
    brief = clock.now() - begun < timing.min ? brief + 1 : 0
    return round.ended(address) && brief <= HOPS
  }
  /** What comes behind an attempt at `address` that ended so. */
  function behind(address: string, reason: GatewayError, begun: number): Next {
    const worked = options.worked() || clock.now() - begun >= timing.stable
    failures = worked ? 0 : failures + 1
    if (worked) hops = 0
    const to = hops < HOPS ? serviceElsewhere(reason, address) : undefined
    hops = to === undefined ? 0 : hops + 1
    if (to !== undefined) return { to, pause: false }
    // it is the account that is in use, wherever it logs in
    if (reason.code === 'grid-conflict') round.over()
    else if (worked) return { to, pause: !goesOn(address, begun) }
    else return { to, pause: !round.failed(address, isRefused(reason) ? clock.now() + timing.refused : 0) }
    return { to, pause: true }
  }
  function pause({ code }: GatewayError): number {
    if (code === 'grid-conflict') return timing.refused
    return round.wait() ?? jitter(clock, timing, failures)
  }
  while (!signal.aborted) {
    options.state('connecting', null)
    const begun = clock.now()
    let next: Next = { to: undefined, pause: true }
    let address = ''
    const lost = (reason: GatewayError) => {
      next = behind(address, reason, begun)
      options.state(next.pause ? stateAfter(reason) : 'connecting', reason)
    }
    const reason = await round
      .next()
      .then((found) => {
        address = found
        return attempt(options, { address, others: round.others, elsewhere }, lost)
      })
      .catch((error: unknown) => {
        const nowhere = asGatewayError(error)
        failures += 1
        options.state(stateAfter(nowhere), nowhere)
        return nowhere
      })
    if (signal.aborted) break
    elsewhere = next.to
    if (elsewhere !== undefined) {
      tell('controller-elsewhere', { service: elsewhere })
      continue
    }
    const delay = next.pause ? pause(reason) : 0
    const raw = typeof reason.fields.raw === 'string' ? reason.fields.raw : undefined
    const service = address === '' ? undefined : address
    tell('controller-away', { code: reason.code, service, reason: reason.message, retryInMs: Math.round(delay), raw })
    if (!next.pause) continue
    const hurry = options.hurry?.()
    await clock.sleep(delay, hurry ? AbortSignal.any([signal, hurry]) : signal)
    round.over(hurry?.aborted)
  }
  options.state('down', null)
}

/** An untrusted certificate may be replaced any minute: shown like a refusal, tried like an outage. */
function stateAfter(reason: GatewayError): GridState {
  return isRefused(reason) || reason.code === 'grid-tls' ? 'refused' : 'down'
}

/** A person is needed, and another attempt may do harm. */
function isRefused({ code }: GatewayError): boolean {
  return code === 'grid-auth' || code === 'grid-conflict'
}

interface Where {
  readonly address: string
  readonly others: boolean
  /** where the one at `address` sent us */
  readonly elsewhere: string | undefined
}

async function attempt(
  options: SuperviseOptions,
  { address, others, elsewhere }: Where,
  lost: (reason: GatewayError) => void,
): Promise<GatewayError> {
  let session: Session
  const service = elsewhere ?? address
  try {
    session = await options.connect(options.signal, service, others)
  } catch (error) {
    const reason = elsewhere === undefined ? asGatewayError(error) : failedAt(elsewhere, asGatewayError(error))
    if (!options.signal.aborted) lost(reason)
    return reason
  }
  const over = new AbortController()
  const end = () => void session.close()
  options.signal.addEventListener('abort', end, { once: true })
  if (options.signal.aborted) end()
  options.state('up', null)
  options.tell('controller-connected', { jid: session.address.full, service, ...session.security })
  const running = options.run(session, over.signal).catch((error: unknown) => {
    options.tell('session-failed', { reason: messageOf(error) })
    session.destroy(asGatewayError(error))
  })
  const reason = await session.closed
  // at once: what still runs may take its time
  if (!options.signal.aborted) lost(reason)
  over.abort(reason)
  options.signal.removeEventListener('abort', end)
  await running
  return reason
}

function failedAt(service: string, { code, message, fields, cause }: GatewayError): GatewayError {
  const where = `This was at ${service}, where the Controller had sent us.`
  return new GatewayError(code, where, { sentence: message, fields, cause })
}

/** Full jitter between `min` and an exponentially growing, bounded top. */
export function jitter(
  clock: Pick<Clock, 'random'>,
  timing: Pick<BackoffTiming, 'min' | 'max'>,
  failures: number,
): number {
  const top = Math.min(timing.max, timing.min * 2 ** Math.min(Math.max(failures, 0), 20))
  return timing.min + clock.random() * Math.max(0, top - timing.min)
}

function asGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('internal', messageOf(error), { cause: error })
}

import type { Clock } from '../../clock.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import type { Tell } from '../../tell.ts'
import type { GridState } from '../../vocabulary.ts'
import type { ControllerNews } from '../news.ts'
import { HOPS, serviceElsewhere } from './elsewhere.ts'
import type { Session } from './session.ts'

/** ms */
export interface BackoffTiming {
  readonly min: number
  /** with the time a connection takes, the gateway is back within a minute of the Controller's health */
  readonly max: number
  /** a session that lasted this long proves that all is well again */
  readonly stable: number
  /** between logins that were refused: a wrong password is not hammered */
  readonly refused: number
}

export const BACKOFF: BackoffTiming = { min: 1_000, max: 45_000, stable: 60_000, refused: 300_000 }

interface SuperviseOptions {
  /** One attempt, at `elsewhere` where that is given. Rejects with GatewayError. */
  readonly connect: (signal: AbortSignal, elsewhere: string | undefined) => Promise<Session>
  /** as it is configured now */
  readonly service: () => string
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

/**
 * Keeps one session open until the signal aborts: a new one per attempt, full jitter between attempts, slow when the login was
 * refused. Where a Controller sends us elsewhere (RFC 6120 §4.9.3.19) is gone to at once, a few times in a row; what is asked of the one
 * there is the same. Never rejects.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { clock, tell, signal } = options
  const timing = { ...BACKOFF, ...options.timing }
  let failures = 0
  let hops = 0
  let elsewhere: string | undefined
  const next = (reason: GatewayError) => (hops < HOPS ? serviceElsewhere(reason, options.service()) : undefined)
  while (!signal.aborted) {
    options.state('connecting', null)
    const begun = clock.now()
    const reason = await attempt(options, elsewhere, (error) => {
      options.state(next(error) === undefined ? stateAfter(error) : 'connecting', error)
    })
    if (signal.aborted) break
    const worked = options.worked() || clock.now() - begun >= timing.stable
    failures = worked ? 0 : failures + 1
    if (worked) hops = 0
    elsewhere = next(reason)
    if (elsewhere !== undefined) {
      hops += 1
      tell('controller-elsewhere', { service: elsewhere })
      continue
    }
    hops = 0
    const delay = isRefused(reason) ? timing.refused : jitter(clock, timing, failures)
    const raw = typeof reason.fields.raw === 'string' ? reason.fields.raw : undefined
    tell('controller-away', { code: reason.code, reason: reason.message, retryInMs: Math.round(delay), raw })
    await clock.sleep(delay, options.hurry ? AbortSignal.any([signal, options.hurry()]) : signal)
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

async function attempt(
  options: SuperviseOptions,
  elsewhere: string | undefined,
  lost: (reason: GatewayError) => void,
): Promise<GatewayError> {
  let session: Session
  try {
    session = await options.connect(options.signal, elsewhere)
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
  options.tell('controller-connected', { jid: session.address.full, ...session.security })
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

import type { Clock } from '../../clock.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import type { Tell } from '../../tell.ts'
import type { GridState } from '../../vocabulary.ts'
import type { ControllerNews } from '../news.ts'
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
  /** One attempt. Rejects with GatewayError. */
  readonly connect: (signal: AbortSignal) => Promise<Session>
  /** Works with the session until its signal aborts, which is when it closed. */
  readonly run: (session: Session, signal: AbortSignal) => Promise<void>
  /** The session did what it is for: whatever ended it, the next one is tried soon. */
  readonly worked: () => boolean
  readonly state: (state: GridState, reason: GatewayError | null) => void
  readonly clock: Clock
  readonly tell: Tell<ControllerNews>
  readonly timing?: Partial<BackoffTiming>
  readonly signal: AbortSignal
}

/**
 * Keeps one session open until the signal aborts: a new one per attempt, full jitter between attempts, slow when the login was
 * refused. Never rejects.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { clock, tell, signal } = options
  const timing = { ...BACKOFF, ...options.timing }
  let failures = 0
  while (!signal.aborted) {
    options.state('connecting', null)
    const begun = clock.now()
    const reason = await attempt(options, (error) => options.state(stateAfter(error), error))
    if (signal.aborted) break
    failures = options.worked() || clock.now() - begun >= timing.stable ? 0 : failures + 1
    const delay = reason.code === 'grid-auth' ? timing.refused : jitter(clock, timing, failures)
    tell('controller-away', { code: reason.code, reason: reason.message, retryInMs: Math.round(delay) })
    await clock.sleep(delay, signal)
  }
  options.state('down', null)
}

/** An untrusted certificate may be replaced any minute: shown like a refusal, tried like an outage. */
function stateAfter(reason: GatewayError): GridState {
  return reason.code === 'grid-auth' || reason.code === 'grid-tls' ? 'refused' : 'down'
}

async function attempt(options: SuperviseOptions, lost: (reason: GatewayError) => void): Promise<GatewayError> {
  let session: Session
  try {
    session = await options.connect(options.signal)
  } catch (error) {
    const reason = asGatewayError(error)
    if (!options.signal.aborted) lost(reason)
    return reason
  }
  const over = new AbortController()
  const end = () => void session.close()
  options.signal.addEventListener('abort', end, { once: true })
  if (options.signal.aborted) end()
  options.state('up', null)
  options.tell('controller-connected', { jid: session.address.full })
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

import { type Clock, ENDED } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { EngineNews } from '../events/engine.ts'
import type { Delivery } from '../store/contract.ts'
import type { Tell } from '../tell.ts'
import type { Sink, SinkOutcome } from './sink.ts'

/** ms, where a sink says nothing else */
const SEND_LIMIT = 300_000
/** ms a sink gets to come back after its signal was aborted */
export const SEND_GRACE = 5000
/** A lease outlives every attempt. */
export const LEASE = 3_600_000

export type AttemptOutcome = SinkOutcome | { readonly kind: 'stopped' }

/** One attempt. Never rejects and always ends: 'stopped' when `stop` ended it before there was an answer. */
export async function attempt(
  { sink, clock, tell }: { sink: Sink; clock: Clock; tell: Tell<EngineNews> },
  unit: readonly Delivery[],
  stop: AbortSignal,
): Promise<AttemptOutcome> {
  const deliveries = unit.map((one) => one.id)
  const limit = sink.limit ?? SEND_LIMIT
  const enough = new AbortController()
  const over = new AbortController()
  const end = () => enough.abort(ENDED)
  stop.addEventListener('abort', end)
  if (stop.aborted) end()

  async function send(): Promise<AttemptOutcome> {
    try {
      const outcome = await sink.send(unit, enough.signal)
      return outcome.kind === 'retry' && stop.aborted ? { kind: 'stopped' } : outcome
    } catch (error) {
      if (stop.aborted) return { kind: 'stopped' }
      tell('sending-failed', { deliveries, err: error })
      return { kind: 'retry', reason: `internal: ${messageOf(error)}`, destinationDown: false }
    }
  }

  /** Resolves only when the sink did not come back. */
  async function watch(lost: (outcome: AttemptOutcome) => void): Promise<void> {
    await clock.sleep(limit, enough.signal)
    enough.abort(ENDED)
    await clock.sleep(SEND_GRACE, over.signal)
    if (over.signal.aborted) return
    tell('sending-stuck', { deliveries })
    const reason = `internal: no outcome within ${limit / 1000} s`
    lost(stop.aborted ? { kind: 'stopped' } : { kind: 'retry', reason, destinationDown: false })
  }

  return new Promise((resolve) => {
    void send().then((outcome) => {
      stop.removeEventListener('abort', end)
      over.abort(ENDED)
      enough.abort(ENDED)
      resolve(outcome)
    })
    void watch(resolve)
  })
}

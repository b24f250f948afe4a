import { type Clock, ENDED } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { EngineNews } from '../events/engine.ts'
import type { Delivery } from '../store/contract.ts'
import type { Tell } from '../tell.ts'
import { createDeadlines } from './deadlines.ts'
import type { Sink, SinkOutcome } from './sink.ts'

/** ms, where a sink says nothing else */
const SEND_LIMIT = 300_000
/** ms a sink gets to come back after its signal was aborted */
export const SEND_GRACE = 5000
/** A lease outlives every attempt. */
export const LEASE = 3_600_000

export type AttemptOutcome = SinkOutcome | { readonly kind: 'stopped' }

/** One attempt. Never rejects and always ends: 'stopped' when the engine's stop ended it before there was an answer. */
export type Attempt = (sink: Sink, unit: readonly Delivery[]) => Promise<AttemptOutcome>

/** `stop` ends all that are under way. */
export function createAttempt(clock: Clock, tell: Tell<EngineNews>, stop: AbortSignal): Attempt {
  const deadline = createDeadlines(clock)
  /** what ends each that is under way */
  const underWay = new Set<() => void>()
  stop.addEventListener('abort', () => {
    for (const end of underWay) end()
  })

  async function send(sink: Sink, unit: readonly Delivery[], signal: AbortSignal): Promise<AttemptOutcome> {
    try {
      const outcome = await sink.send(unit, signal)
      return outcome.kind === 'retry' && stop.aborted ? { kind: 'stopped' } : outcome
    } catch (error) {
      if (stop.aborted) return { kind: 'stopped' }
      tell('sending-failed', { deliveries: idsOf(unit), err: error })
      return { kind: 'retry', reason: `internal: ${messageOf(error)}`, destinationDown: false }
    }
  }

  return (sink, unit) =>
    new Promise((resolve) => {
      const limit = sink.limit ?? SEND_LIMIT
      const enough = new AbortController()
      let over: AbortController | undefined
      const end = () => {
        if (over !== undefined) return
        over = new AbortController()
        enough.abort(ENDED)
        void watch(over.signal)
      }
      /** The sink may not come back. */
      async function watch(isOver: AbortSignal): Promise<void> {
        await clock.sleep(SEND_GRACE, isOver)
        if (isOver.aborted) return
        tell('sending-stuck', { deliveries: idsOf(unit) })
        const reason = `internal: no outcome within ${limit / 1000} s`
        resolve(stop.aborted ? { kind: 'stopped' } : { kind: 'retry', reason, destinationDown: false })
      }
      const inTime = deadline(limit, end)
      underWay.add(end)
      if (stop.aborted) end()
      void send(sink, unit, enough.signal).then((outcome) => {
        inTime()
        underWay.delete(end)
        over?.abort(ENDED)
        resolve(outcome)
      })
    })
}

function idsOf(unit: readonly Delivery[]): string[] {
  return unit.map(({ id }) => id)
}

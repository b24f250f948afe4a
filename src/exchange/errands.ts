import type { Sink, SinkOutcome } from '../delivery/sink.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Delivery } from '../store/contract.ts'
import { type Errand, parseErrand } from './stored.ts'

/** ms behind which an improper reply to a question is asked for again, once */
export const ONCE_MORE = 60_000

/** Undefined: it is no errand of these. */
type Run = (delivery: Delivery, errand: Errand, signal: AbortSignal) => Promise<SinkOutcome> | undefined

/** Deliveries of questions and answers by `run`, all others as `otherwise` has it, or held for that reason. */
export function createErrands(otherwise: Sink | string, run: Run): Sink {
  const others = typeof otherwise === 'string' ? holding(otherwise) : otherwise
  return {
    ...others,
    until: ({ payload }) => untilOf(payload),
    async send(unit, signal) {
      const [delivery] = unit
      if (delivery === undefined) return { kind: 'delivered' }
      try {
        const errand = parseErrand(delivery.payload)
        const ran = errand && run(delivery, errand, signal)
        if (ran !== undefined) return await ran
      } catch (error) {
        if (error instanceof GatewayError && error.permanence === 'transient') {
          return { kind: 'retry', reason: messageOf(error), destinationDown: false, othersPass: true }
        }
        if (!(error instanceof SyntaxError)) throw error
        return { kind: 'hold', reason: `what the store kept of it cannot be read: ${messageOf(error)}` }
      }
      return others.send(unit, signal)
    },
  }
}

function holding(reason: string): Sink {
  return { send: async () => ({ kind: 'hold', reason }) }
}

/**
 * A question is tried until nobody waits for its answer: whoever joined it may wait longer than who asked first, so that this is seen when
 * it is tried. What cannot be read is held at once where it is sent.
 */
function untilOf(payload: string): number | undefined {
  try {
    const errand = parseErrand(payload)
    return errand !== undefined && 'leg' in errand ? Number.POSITIVE_INFINITY : errand?.until
  } catch {
    return undefined
  }
}

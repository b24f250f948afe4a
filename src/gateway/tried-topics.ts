import type { Clock } from '../clock.ts'
import type { Sink } from '../delivery/sink.ts'
import type { Publishers } from './publishers.ts'

/** A sink of Topics that says of each attempt whether the Broker answered: of one that takes nothing from us another gateway may see to it. */
export function noting(sink: Sink, clock: Clock, { tried }: Pick<Publishers, 'tried'>): Sink {
  return {
    ...sink,
    async send(unit, signal) {
      const began = clock.now()
      const outcome = await sink.send(unit, signal)
      const isAnswered = outcome.kind !== 'retry' || outcome.othersPass === true
      if (unit[0] !== undefined) tried(unit[0].destination, began, isAnswered)
      return outcome
    },
  }
}

import type { Sink } from '../delivery/sink.ts'
import type { Grid } from '../grid/contract.ts'

/**
 * Deliveries to one Topic: the payload is the item, made when it was accepted. Which was tried before, or may have been by a process
 * that was killed (it is older than `startedAt`, ms since the epoch), may be on the Topic already: the grid looks first.
 */
export function createTopicSink(grid: Pick<Grid, 'publish'>, startedAt = 0): Sink {
  return {
    async send(unit, signal) {
      const delivery = unit[0]
      if (delivery === undefined) return { kind: 'delivered' }
      const inDoubt = delivery.attempts > 0 || delivery.createdAt < startedAt
      return grid.publish(delivery.destination, delivery.item, delivery.payload, signal, inDoubt)
    },
  }
}

import type { Sink } from '../delivery/sink.ts'
import type { Grid } from '../grid/contract.ts'

/** Deliveries to one Topic: the payload is the item, made when it was accepted. */
export function createTopicSink(grid: Pick<Grid, 'publish'>): Sink {
  return {
    async send(unit, signal) {
      const delivery = unit[0]
      if (delivery === undefined) return { kind: 'delivered' }
      return grid.publish(delivery.destination, delivery.item, delivery.payload, signal)
    },
  }
}

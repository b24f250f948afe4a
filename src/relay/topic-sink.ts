import type { Sink } from '../delivery/sink.ts'
import type { Grid } from '../grid/contract.ts'
import { obstacleInItem } from '../profile/carriable.ts'

/** ms: a large item on a slow line takes minutes, and waits for those before it */
const SEND_LIMIT = 2_700_000

/** Deliveries to one Topic: the payload is the item, made when it was accepted. */
export function createTopicSink(grid: Pick<Grid, 'publish' | 'room'>): Sink {
  return {
    limit: SEND_LIMIT,
    room: (destination) => grid.room?.(destination) ?? Number.POSITIVE_INFINITY,
    async send(unit, signal) {
      const delivery = unit[0]
      if (delivery === undefined) return { kind: 'delivered' }
      // an earlier version may have approved what nobody can carry
      const obstacle = obstacleInItem(delivery.payload)
      if (obstacle !== undefined) return { kind: 'hold', reason: `The item cannot be sent: ${obstacle}.` }
      return grid.publish(delivery.destination, delivery.item, delivery.payload, signal)
    },
  }
}

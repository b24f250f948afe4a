import type { Sink } from '../delivery/sink.ts'
import type { Grid } from '../grid/contract.ts'
import { obstacleInItem } from '../profile/carriable.ts'
import { parsePart } from './stored-part.ts'

/** ms: a large item on a slow line takes minutes, and waits for those before it */
const SEND_LIMIT = 2_700_000

/**
 * Deliveries to one Topic: the payload is the item, made when it was accepted. Which was tried before, or may have been by a process
 * that was killed (it is older than `startedAt`, ms since the epoch), may be on the Topic already: the grid looks first.
 * What a peer answered is no item: it stays where it is.
 */
export function createTopicSink(grid: Pick<Grid, 'publish' | 'room'>, startedAt = 0): Sink {
  return {
    limit: SEND_LIMIT,
    room: (destination) => grid.room?.(destination) ?? Number.POSITIVE_INFINITY,
    async send(unit, signal) {
      const delivery = unit[0]
      if (delivery === undefined) return { kind: 'delivered' }
      if (!delivery.payload.startsWith('<')) {
        const kept = parsePart(delivery.payload)
        const reason = kept.kind === 'answer' ? kept.answer : 'what the store kept of it is no item'
        return { kind: 'hold', reason }
      }
      const isOlder = delivery.createdAt < startedAt
      // an earlier version may have approved what nobody can carry
      const obstacle = isOlder ? obstacleInItem(delivery.payload) : undefined
      if (obstacle !== undefined) return { kind: 'hold', reason: `The item cannot be sent: ${obstacle}.` }
      const inDoubt = delivery.attempts > 0 || isOlder
      return grid.publish(delivery.destination, delivery.item, delivery.payload, signal, inDoubt)
    },
  }
}

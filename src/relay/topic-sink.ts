import type { Sink } from '../delivery/sink.ts'
import type { Grid } from '../grid/contract.ts'
import type { SendOutcome } from '../outcome.ts'
import { obstacleInItem } from '../profile/carriable.ts'
import type { Delivery } from '../store/contract.ts'
import { parsePart } from './stored-part.ts'
import type { Uploads } from './upload-item.ts'

/** ms: a large item on a slow line takes minutes, and waits for those before it */
const SEND_LIMIT = 2_700_000

/** Items that go to their Topic by upload. */
export interface LargeItems {
  readonly isLarge: (delivery: Delivery) => boolean
  readonly uploads: Uploads
}

/**
 * Deliveries to one Topic: the payload is the item, made when it was accepted. Which was tried before, or may have been by a process
 * that was killed (it is older than `startedAt`, ms since the epoch), may be on the Topic already: the grid looks first.
 * What a peer answered is no item: it stays where it is.
 */
export function createTopicSink(grid: Pick<Grid, 'publish' | 'room'>, startedAt = 0, large?: LargeItems): Sink {
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
      if (large?.isLarge(delivery)) return publishLarge(grid, large, delivery, signal, inDoubt)
      return grid.publish(delivery.destination, delivery.item, delivery.payload, signal, inDoubt)
    },
  }
}

/** Delivered is what has both: its file in its place, and the Broker's word for the stub that names it. */
async function publishLarge(
  grid: Pick<Grid, 'publish'>,
  { uploads }: LargeItems,
  delivery: Delivery,
  signal: AbortSignal,
  inDoubt: boolean,
): Promise<SendOutcome> {
  const uploaded = await uploads.stub(delivery, signal)
  if (uploaded.kind === 'failed') return uploaded.outcome
  const outcome = await grid.publish(delivery.destination, delivery.item, uploaded.xml, signal, inDoubt)
  if (outcome.kind !== 'retry') uploads.done(delivery)
  if (outcome.kind !== 'delivered') return outcome
  const bytes = Buffer.byteLength(delivery.payload)
  return { note: { code: 'by-upload', text: `by upload, a file of ${bytes} bytes` }, ...outcome }
}

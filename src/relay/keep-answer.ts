import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Events, Happening } from '../events.ts'
import type { PeerAnswer } from '../outcome.ts'
import type { Acceptor, Delivery, NewDelivery } from '../store/contract.ts'
import { encodePart } from './stored-part.ts'

interface KeepOptions {
  readonly store: Pick<Acceptor, 'accept'>
  readonly events: Pick<Events, 'held' | 'storeFailed'>
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Keeps what a peer answered to a delivery: a Report or Result in its 200 is the answer itself (RFC 6546 Table 1), and is said once.
 * Nothing passes it on, so it is held for the operator, as news of the peer for the Topic that the question came from. The same answer
 * to the same delivery is kept once. Rejects when the store fails.
 */
export function createAnswerKeeper({ store, events, clock }: KeepOptions) {
  return async (asked: Delivery, { msgType, text }: PeerAnswer): Promise<void> => {
    const reason = `${asked.destination} answered with this message (${msgType || 'no MsgType'}), which nothing passes on`
    const digest = createHash('sha256').update(`answer\n${asked.id}\n${text}`).digest('hex')
    const row: NewDelivery = {
      kind: 'topic',
      destination: asked.source,
      incident: asked.incident,
      also: asked.also ?? [],
      item: digest,
      payload: encodePart({ answer: reason, message: text }),
      state: 'held',
      reason,
    }
    const receivedAt = clock.now()
    let held: Happening | undefined
    try {
      await store.accept(
        {
          direction: 'rid-to-grid',
          source: asked.destination,
          digest,
          msgType,
          incidents: [row.incident, ...(row.also ?? [])],
          receivedAt,
          deliveries: [row],
        },
        ([id]) => {
          if (id === undefined) return []
          const { kind, destination, incident, also = [], item } = row
          const of = {
            direction: 'rid-to-grid',
            source: asked.destination,
            kind,
            destination,
            incident,
            also,
            item,
          } as const
          held = events.held({ ...of, id, attempts: 0, createdAt: receivedAt }, reason)
          return held.trace
        },
      )
    } catch (error) {
      events.storeFailed('accept', error)
      throw error
    }
    held?.tell()
  }
}

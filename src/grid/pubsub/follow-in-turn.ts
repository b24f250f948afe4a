import type { GridHandlers } from '../contract.ts'
import type { Consumer } from './consumer.ts'
import { again, type TopicLoopOptions } from './topic-loop.ts'

type Follow = NonNullable<TopicLoopOptions['follow']>

/**
 * Follows a Topic while it is for us to do so. Whoever stands by publishes to it all the same; what it is told of items is another's
 * matter, and is read of the Broker where that one stops. Without `turn` it always is.
 */
export function followInTurn(
  topic: string,
  consumer: Pick<Consumer, 'follow' | 'rests'>,
  turn: GridHandlers['turn'],
  up: () => void,
): Follow {
  if (turn === undefined) return (...from) => consumer.follow(...from)
  return async (session, signal, keeps) => {
    using ours = await turn(topic, signal, () => {
      consumer.rests = true
      up()
    })
    if (ours === undefined) return again(0)
    consumer.rests = false
    // not before it ends is it left
    return await consumer.follow(session, AbortSignal.any([signal, ours.signal]), keeps)
  }
}

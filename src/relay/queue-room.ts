import type { Config } from '../config/types.ts'
import type { Acceptor } from '../store/contract.ts'
import { ByteShares } from './byte-shares.ts'
import type { Publication } from './make-items.ts'

/** One Topic that is dead, and full, leaves a peer as much again for all others. */
const IN_ALL = 2

interface QueueRoomOptions {
  readonly config: Pick<Config, 'delivery' | 'peers'>
  readonly store: Pick<Acceptor, 'unsettled' | 'unsettledBytes'>
}

/** Is there no room for what this peer would have published? Where there is, its bytes count from then on. */
export type IsFull = (peer: string, publications: readonly Publication[]) => Promise<boolean>

/**
 * No Topic fills up for another, nor one peer for all: where a Topic has as much as it may, whoever has less than an equal share of that
 * is still let in. Nor does one fill the disk by many Topics, or by few large reports.
 */
export function createQueueRoom({ config, store }: QueueRoomOptions): IsFull {
  const bytes = new ByteShares({
    get maxQueue() {
      return config.delivery.maxQueue
    },
    measure: (peer) => store.unsettledBytes('topic', peer),
    now: () => performance.now(),
  })
  return async (peer, publications) => {
    const most = config.delivery.maxQueue
    const share = Math.max(1, Math.floor(most / Math.max(1, config.peers.length)))
    const inAll = IN_ALL * most
    const all = await store.unsettled('topic', null)
    if (all >= inAll && (await store.unsettled('topic', null, peer)) >= inAll) return true
    // where all have less together than one may have, none has as much
    const topics = all < most ? [] : new Set(publications.map(({ topic }) => topic))
    for (const topic of topics) {
      if ((await store.unsettled('topic', topic)) < most) continue
      if ((await store.unsettled('topic', topic, peer)) >= share) return true
    }
    const size = publications.reduce((sum, { item }) => sum + Buffer.byteLength(item.xml), 0)
    return !(await bytes.take(peer, size))
  }
}

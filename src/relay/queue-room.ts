import type { Config } from '../config/types.ts'
import type { Acceptor } from '../store/contract.ts'
import { ByteShares } from './byte-shares.ts'
import type { Publication } from './make-items.ts'

/** ms until all that waits is counted anew: what comes meanwhile is added, what goes out is not known */
const AGAIN = 50

/** One Topic that is dead, and full, leaves a peer as much again for all others. */
const IN_ALL = 2

interface QueueRoomOptions {
  readonly config: Pick<Config, 'delivery' | 'peers'>
  readonly store: Pick<Acceptor, 'unsettled' | 'unsettledBytes'>
}

/** Is there no room for what this peer would have published? Where there is, it counts from then on. Known at once, mostly. */
export type IsFull = (peer: string, publications: readonly Publication[]) => boolean | Promise<boolean>

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
  let all = 0
  let counted = Number.NEGATIVE_INFINITY
  return (peer, publications) => {
    const isKnown = all < config.delivery.maxQueue && performance.now() - counted < AGAIN
    return isKnown ? isFullOf(peer, publications) : count().then(() => isFullByCount(peer, publications))
  }

  async function count(): Promise<void> {
    all = await store.unsettled('topic', null)
    counted = performance.now()
  }

  /** Where all have less together than one may have, none has as much. */
  async function isFullByCount(peer: string, publications: readonly Publication[]): Promise<boolean> {
    if (all >= config.delivery.maxQueue && (await isCrowded(peer, publications))) return true
    return isFullOf(peer, publications)
  }

  function isFullOf(peer: string, publications: readonly Publication[]): boolean | Promise<boolean> {
    all += publications.length
    let size = 0
    for (const publication of publications) size += publication.size
    const taken = bytes.take(peer, size)
    return typeof taken === 'boolean' ? !taken : taken.then((isTaken) => !isTaken)
  }

  /** All together have as much as one Topic may, or more: has this peer reached a limit of its own? */
  async function isCrowded(peer: string, publications: readonly Publication[]): Promise<boolean> {
    const most = config.delivery.maxQueue
    const share = Math.max(1, Math.floor(most / Math.max(1, config.peers.length)))
    const inAll = IN_ALL * most
    if (all >= inAll && (await store.unsettled('topic', null, peer)) >= inAll) return true
    for (const topic of new Set(publications.map(({ topic }) => topic))) {
      if ((await store.unsettled('topic', topic)) < most) continue
      if ((await store.unsettled('topic', topic, peer)) >= share) return true
    }
    return false
  }
}

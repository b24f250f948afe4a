import { systemClock } from '../src/clock.ts'
import { readDocument } from '../src/reading/read-document.ts'
import { consumedFrom } from '../src/relay/part.ts'
import { encodePart } from '../src/relay/stored-part.ts'
import { openQueue } from '../src/store/sqlite/sqlite-store.ts'
import { untold } from '../src/tell.ts'
import { schemas } from '../test/support/documents.ts'
import { item } from './documents.ts'

/** The queue of a peer of a running gateway, from beside it. */
export interface PeerQueue extends AsyncDisposable {
  /** Puts these reports into it, as if they had come from a Topic; nothing of it is sent meanwhile. */
  fill(reports: readonly string[]): Promise<void>
  /** It is sent from now on. */
  release(): Promise<void>
}

export async function openPeerQueue(path: string, peer: string, topic: string): Promise<PeerQueue> {
  const store = await openQueue({ path, tell: untold, clock: systemClock })
  return {
    async fill(reports) {
      await store.pause('peer', peer, { since: Date.now(), by: 'bench' })
      await Promise.all(
        reports.map(async (report) => {
          const { xml, id } = item(report)
          const consumed = consumedFrom(readDocument(schemas(), Buffer.from(xml)))
          if (consumed === undefined) throw new Error('no item')
          const { incident, incidents, item: name, variant, part } = consumed
          const delivery = { kind: 'peer', destination: peer, incident, item: name, variant, state: 'pending' } as const
          await store.accept({
            ...{ direction: 'grid-to-rid', source: topic, digest: id, msgType: part.msgType, incidents },
            ...{ receivedAt: Date.now(), deliveries: [{ ...delivery, payload: encodePart(part) }] },
          })
        }),
      )
    },
    async release() {
      await store.resume('peer', peer)
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

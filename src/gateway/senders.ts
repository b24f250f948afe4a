import type { Config, PeerConfig } from '../config/types.ts'
import type { Events } from '../events.ts'
import type { Reader } from '../reading/reader.ts'
import { createRidSender, type ReloadableRidSender } from '../rid/sender.ts'

/** The HTTPS client sides of all peers. */
export interface Senders extends AsyncDisposable {
  /** to its url; undefined where it has none */
  of(peer: string): ReloadableRidSender | undefined
  /** to where it asked from (RFC 6546 §3): that address, port 4590 or that of its url */
  at(peer: PeerConfig, address: string): ReloadableRidSender
  all(): readonly ReloadableRidSender[]
}

/** senders to addresses that are kept: a peer may ask from many */
const MOST = 64

export function createSenders({
  config,
  events,
  reader,
}: {
  readonly config: Config
  readonly events: Events
  readonly reader: Reader
}): Senders {
  const byPeer = new Map<string, ReloadableRidSender>()
  const byAddress = new Map<string, ReloadableRidSender>()
  // as many connections as sends: the deadline of a send includes the wait for one
  const limits = { connections: config.delivery.concurrency, maxReply: config.rid.maxMessage }

  function create({ name, identity, replies }: PeerConfig, url: string): ReloadableRidSender {
    const readReply = (body: Uint8Array, charset?: string) => reader.readReply(body, name, charset)
    const receiver = { name, url, identity, replies }
    return createRidSender({ receiver, tls: config.rid.tls, readReply, tell: events.tell, limits })
  }

  for (const peer of config.peers) if (peer.url !== undefined) byPeer.set(peer.name, create(peer, peer.url))
  return {
    of: (peer) => byPeer.get(peer),
    at(peer, address) {
      const url = urlAt(peer, address)
      const key = `${peer.name} ${url}`
      const sender = byAddress.get(key) ?? create(peer, url)
      byAddress.delete(key)
      byAddress.set(key, sender)
      const [oldest] = byAddress
      if (byAddress.size > MOST && oldest !== undefined) {
        byAddress.delete(oldest[0])
        // what it was sending fails, and is sent again
        void oldest[1][Symbol.asyncDispose]()
      }
      return sender
    },
    all: () => [...byPeer.values(), ...byAddress.values()],
    async [Symbol.asyncDispose]() {
      for (const sender of [...byPeer.values(), ...byAddress.values()]) await sender[Symbol.asyncDispose]()
    },
  }
}

function urlAt({ url }: PeerConfig, address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  const port = (url === undefined ? '' : new URL(url).port) || '4590'
  return `https://${plain.includes(':') ? `[${plain}]` : plain}:${port}/`
}

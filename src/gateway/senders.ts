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

/** senders to addresses of one peer that are kept: it may ask from many, and takes the place of nobody else's */
const MOST = 16

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
  const byAddress = new Map<string, Map<string, ReloadableRidSender>>()
  // as many connections as sends: the deadline of a send includes the wait for one
  const limits = { connections: config.delivery.concurrency, maxReply: config.rid.maxMessage }

  function create({ name, identity, replies }: PeerConfig, url: string): ReloadableRidSender {
    const readReply = (body: Uint8Array, charset?: string) => reader.readReply(body, name, charset)
    const receiver = { name, url, identity, replies }
    return createRidSender({ receiver, tls: config.rid.tls, readReply, tell: events.tell, limits })
  }

  function all(): ReloadableRidSender[] {
    return [...byPeer.values(), ...[...byAddress.values()].flatMap((own) => [...own.values()])]
  }

  for (const peer of config.peers) if (peer.url !== undefined) byPeer.set(peer.name, create(peer, peer.url))
  return {
    of: (peer) => byPeer.get(peer),
    at(peer, address) {
      const url = urlAt(peer, address)
      const own = byAddress.get(peer.name) ?? new Map<string, ReloadableRidSender>()
      byAddress.set(peer.name, own)
      const sender = own.get(url) ?? create(peer, url)
      own.delete(url)
      own.set(url, sender)
      const [oldest] = own
      if (own.size > MOST && oldest !== undefined) {
        own.delete(oldest[0])
        // what it was sending fails, and is sent again
        void oldest[1][Symbol.asyncDispose]()
      }
      return sender
    },
    all,
    async [Symbol.asyncDispose]() {
      for (const sender of all()) await sender[Symbol.asyncDispose]()
    },
  }
}

function urlAt({ url }: PeerConfig, address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  const port = (url === undefined ? '' : new URL(url).port) || '4590'
  return `https://${plain.includes(':') ? `[${plain}]` : plain}:${port}/`
}

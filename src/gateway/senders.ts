import { isDeepStrictEqual } from 'node:util'
import type { Config, PeerConfig } from '../config/types.ts'
import type { Events } from '../events.ts'
import type { Reader } from '../reading/reader.ts'
import { createRidSender, type ReloadableRidSender } from '../rid/sender.ts'
import { loadTls, type TlsMaterial } from '../rid/tls.ts'
import type { SilentPeers } from './silent-peers.ts'

/** The HTTPS client sides of all peers. */
export interface Senders extends AsyncDisposable {
  /** to its url; undefined where it has none */
  of(peer: string): ReloadableRidSender | undefined
  /** to where it asked from (RFC 6546 §3): that address, port 4590 or that of its url */
  at(peer: PeerConfig, address: string): ReloadableRidSender
  all(): readonly ReloadableRidSender[]
  /** The configuration is another, and this is what its TLS files hold: who is reached otherwise gets a new one, the old one ends its sends. */
  take(material: TlsMaterial): void
}

/** senders to addresses of one peer that are kept: it may ask from many, and takes the place of nobody else's */
const MOST = 16

/** A sender, and all that it was made of. */
interface Made {
  readonly of: object
  readonly sender: ReloadableRidSender
}

export function createSenders({
  config,
  events,
  reader,
  silent,
}: {
  /** as it is in force at each call */
  readonly config: Config
  readonly events: Events
  readonly reader: Reader
  readonly silent?: SilentPeers
}): Senders {
  const byPeer = new Map<string, Made>()
  const byAddress = new Map<string, Map<string, Made>>()
  const retiring = new Set<ReloadableRidSender>()
  /** in force: what the files hold by now may fit nothing, and be refused */
  let material = loadTls(config.rid.tls)

  /** All that a sender is made of. As many connections as sends: the deadline of a send includes the wait for one. */
  function plan({ name, identity: { dns, fingerprint }, replies, basic }: PeerConfig, url: string) {
    const limits = { connections: config.delivery.concurrency, maxReply: config.rid.maxMessage }
    const identity = { ...(dns !== undefined && { dns }), ...(fingerprint !== undefined && { fingerprint }) }
    return { receiver: { name, url, identity, replies, ...(basic && { basic }) }, tls: config.rid.tls, limits }
  }

  function create(peer: PeerConfig, url: string): Made {
    const of = plan(peer, url)
    const readReply = (body: Uint8Array, charset?: string) => reader.readReply(body, peer.name, charset)
    const sender = createRidSender({ ...of, material, readReply, tell: events.tell })
    return { of, sender: silent?.watch(peer.name, sender) ?? sender }
  }

  /** Those of `made` that the configuration would make the same go on. */
  function renew(made: Map<string, Made>, key: string, now: object | undefined): boolean {
    const before = made.get(key)
    if (before === undefined) return false
    if (isDeepStrictEqual(before.of, now)) {
      before.sender.use(material)
      return true
    }
    made.delete(key)
    retire(before)
    return false
  }

  function retire({ sender }: Made): void {
    retiring.add(sender)
    void sender.retire().then(() => retiring.delete(sender))
  }

  function all(): ReloadableRidSender[] {
    const made = [byPeer, ...byAddress.values()].flatMap((own) => [...own.values()])
    return made.map(({ sender }) => sender)
  }

  for (const peer of config.peers) if (peer.url !== undefined) byPeer.set(peer.name, create(peer, peer.url))
  return {
    of: (peer) => byPeer.get(peer)?.sender,
    at(peer, address) {
      const url = urlAt(peer, address)
      const own = byAddress.get(peer.name) ?? new Map<string, Made>()
      byAddress.set(peer.name, own)
      const before = own.get(url)
      const made = isDeepStrictEqual(before?.of, plan(peer, url)) && before ? before : create(peer, url)
      if (before !== undefined && made !== before) retire(before)
      own.delete(url)
      own.set(url, made)
      const [oldest] = own
      if (own.size > MOST && oldest !== undefined) {
        own.delete(oldest[0])
        // what it was sending fails, and is sent again
        void oldest[1].sender[Symbol.asyncDispose]()
      }
      return made.sender
    },
    all,
    take(fresh) {
      material = fresh
      const peers = new Map(config.peers.map((peer) => [peer.name, peer]))
      for (const name of new Set([...byPeer.keys(), ...peers.keys()])) {
        const peer = peers.get(name)
        const url = peer?.url
        const goesOn = renew(byPeer, name, (peer && url && plan(peer, url)) || undefined)
        if (!goesOn && peer !== undefined && url !== undefined) byPeer.set(name, create(peer, url))
      }
      for (const [name, own] of byAddress) {
        const peer = peers.get(name)
        for (const url of [...own.keys()]) renew(own, url, peer && plan(peer, url))
      }
    },
    async [Symbol.asyncDispose]() {
      for (const sender of [...all(), ...retiring]) await sender[Symbol.asyncDispose]()
    },
  }
}

function urlAt({ url }: PeerConfig, address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  const port = (url === undefined ? '' : new URL(url).port) || '4590'
  return `https://${plain.includes(':') ? `[${plain}]` : plain}:${port}/`
}

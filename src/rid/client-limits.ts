import type { PeerConfig, RidConfig } from '../config/types.ts'
import type { Tell } from '../tell.ts'
import type { Connection } from './connections.ts'
import { networkOf } from './handshakes.ts'
import type { ListenerNews, PeerLimit } from './news.ts'
import { type Refusal, tooMany } from './preconditions.ts'
import { Rates } from './rates.ts'

/** What one peer may do; of an address that leads to no peer the same as of a peer. */
interface ClientLimits {
  /** in a minute */
  readonly requests: number
  readonly bytes: number
  readonly connections: number
}

/** More than a gateway takes in: a limit is the operator's to set. */
const DEFAULT_CLIENT_LIMITS: ClientLimits = { requests: 120_000, bytes: 6_000 * 1024 * 1024, connections: 64 }

/** Of each network, for whoever shows nothing; all together so many times as much. */
const ANONYMOUS_LIMITS: ClientLimits = { requests: 60, bytes: 10 * 1024 * 1024, connections: 4 }
const TOGETHER = 20

/** `limits` of the peer, then `rid.limits`, then what is meant without either. */
export function limitsOf(peer: PeerConfig | undefined, rid: Pick<RidConfig, 'limits'>): ClientLimits {
  if (peer?.identity.anonymous === true) return { ...ANONYMOUS_LIMITS, ...peer.limits }
  return { ...DEFAULT_CLIENT_LIMITS, ...rid.limits, ...peer?.limits }
}

/** Whose a request is. */
export type Client = Pick<Connection, 'peer' | 'address' | 'crowded'>

/** Who sends more than it may: undefined, or what it is answered. Nothing of a message that is refused here was acknowledged. */
interface ClientLimiter {
  request(client: Client): Refusal | undefined
  /** `length` as Content-Length says it, 0 where it does not: then `took` says it later. */
  body(client: Client, length: number): Refusal | undefined
  took(client: Client, bytes: number): void
}

export function createClientLimiter(rid: () => Pick<RidConfig, 'limits'>, tell: Tell<ListenerNews>): ClientLimiter {
  const requests = new Rates()
  const bytes = new Rates()
  let limits = createKnownLimits(rid())

  function limitsFor(peer: PeerConfig | undefined): ClientLimits {
    if (limits.rid !== rid()) limits = createKnownLimits(rid())
    return limits.of(peer)
  }

  /** A peer by its name. Whoever shows nothing by its network, and as that one peer; how many times the share of one each has. */
  function ownersOf({ peer, address }: Client): (readonly [owner: string, times: number])[] {
    if (peer !== undefined && peer.identity.anonymous !== true) return [[peer.name, 1]]
    const network = `\n${networkOf(address)}`
    return peer === undefined
      ? [[network, 1]]
      : [
          [`${peer.name} ${network}`, 1],
          [peer.name, TOGETHER],
        ]
  }

  /** ms until it may, or 0: then it did. */
  function take(rates: Rates, client: Client, amount: number, perMinute: number): number {
    for (const [owner, times] of ownersOf(client)) {
      const wait = rates.take(owner, amount, times * perMinute)
      if (wait > 0) return wait
    }
    return 0
  }

  function refuse({ peer, address }: Client, limit: PeerLimit, ms: number, detail: string) {
    const seconds = Math.ceil(ms / 1000)
    tell('rid-limited', { peer: peer?.name, remote: address, limit, seconds })
    return tooMany(detail, seconds)
  }

  return {
    request(client) {
      const most = limitsFor(client.peer)
      if (client.crowded) {
        const detail = `More than ${most.connections} connections are open. Use one of those, or close one.`
        return refuse(client, 'connections', 1000, detail)
      }
      const wait = take(requests, client, 1, most.requests)
      if (wait === 0) return undefined
      return refuse(client, 'requests', wait, `More than ${most.requests} requests came within a minute.`)
    },
    body(client, length) {
      const most = limitsFor(client.peer).bytes
      const wait = take(bytes, client, length, most)
      if (wait === 0) return undefined
      return refuse(client, 'bytes', wait, `More than ${most} bytes of messages came within a minute.`)
    },
    took(client, length) {
      const most = limitsFor(client.peer).bytes
      for (const [owner, times] of ownersOf(client)) bytes.used(owner, length, times * most)
    },
  }
}

/** limitsOf, of whom it was found before. */
function createKnownLimits(rid: Pick<RidConfig, 'limits'>) {
  const known = new Map<PeerConfig | undefined, ClientLimits>()
  return {
    rid,
    of(peer: PeerConfig | undefined): ClientLimits {
      const limits = known.get(peer) ?? limitsOf(peer, rid)
      known.set(peer, limits)
      return limits
    },
  }
}

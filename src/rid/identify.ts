import type { IncomingMessage } from 'node:http'
import type { PeerConfig, RidConfig } from '../config/types.ts'
import type { Tell } from '../tell.ts'
import { createBasicLogins } from './basic.ts'
import type { Client } from './client-limits.ts'
import type { Connection, Connections } from './connections.ts'
import type { ListenerNews } from './news.ts'
import type { Refusal } from './preconditions.ts'

interface IdentifierOptions {
  readonly rid: () => Pick<RidConfig, 'name'>
  readonly peers: readonly PeerConfig[]
  readonly connections: Connections
  readonly tell: Tell<ListenerNews>
}

interface Request {
  readonly id: string
  readonly raw: IncomingMessage
}

function anonymousOf(peers: readonly PeerConfig[]): PeerConfig | undefined {
  return peers.find(({ identity }) => identity.anonymous === true)
}

/** Whose each request is, where clients need not show a certificate. */
export function createIdentifier({ connections, ...options }: IdentifierOptions) {
  const isKnown = (address: string) => connections.heavy.knows(address)
  const logins = createBasicLogins({ ...options, isKnown })
  let anybody = anonymousOf(options.peers)

  /** Whoever shows nothing is that peer, where there is such a one. */
  function isAnybody({ headers }: IncomingMessage) {
    if (anybody === undefined || headers.authorization !== undefined) return undefined
    return { kind: 'peer', peer: anybody, login: undefined } as const
  }

  return {
    /** Whose it is, unless the socket was ended meanwhile; or why it is not answered. */
    async identify({ id, raw }: Request, connection: Connection): Promise<Refusal | Client> {
      if (connection.certificate !== undefined) {
        return (await logins.beside(connection, raw.rawHeaders)) ?? connection
      }
      const checked = isAnybody(raw) ?? (await logins.check(connection, raw.rawHeaders))
      if (checked.kind === 'refused') return checked
      if (connection.socket.destroyed) return connection
      const { peer, login } = checked
      if (login === undefined) {
        options.tell('rid-anonymous', { peer: peer.name, request: id, remote: connection.address })
        // it comes once, and its place is for others
        connection.closing = true
      }
      connection.login = login
      const crowd = connections.named(connection, peer)
      const { socket, crowded } = connection
      if (crowd !== undefined) {
        const remote = connection.address
        options.tell(crowd === 'each' ? 'rid-connections-peer' : 'rid-connections-total', { remote })
        socket.destroy()
      }
      return { peer, address: connection.address, crowded }
    },
    isGood: logins.isGood,
    use(peers: readonly PeerConfig[]): void {
      anybody = anonymousOf(peers)
      logins.use(peers)
    },
  }
}

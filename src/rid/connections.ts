import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { PeerConfig } from '../config/types.ts'
import type { Login } from './basic-users.ts'
import { ClientAddresses } from './client-addresses.ts'
import { Handshakes, networkOf } from './handshakes.ts'
import { HeavyHandshakes } from './heavy-handshakes.ts'
import type { ListenerLimits } from './limits.ts'
import type { FindPeer } from './peers.ts'
import { RefusedCertificates } from './refused-certificates.ts'
import { Shares } from './shares.ts'
import { lookAgainAt, stillTrusted, type TlsMaterial } from './tls.ts'

/** One TLS connection. */
export interface Connection {
  readonly socket: TLSSocket
  /** of the client */
  readonly address: string
  /** undefined: it showed none, and each request says who it is from */
  readonly certificate: X509Certificate | undefined
  /** found at the handshake, since there is no renegotiation, and again when the peers are others */
  peer: PeerConfig | undefined
  /** ms since the epoch: from then on a new handshake might fail, and so this connection is over */
  readonly expires: number
  /** ms since the epoch: from then on answers ask the client to come again */
  readonly ages: number
  /** not yet answered, in the order they came */
  readonly inFlight: Map<IncomingMessage, ServerResponse>
  /** messages of one connection are taken one at a time, in the order they came: resolves when the last one is */
  turn: Promise<void>
  /** the next answer is the last one */
  closing: boolean
  /** what came last was not HTTP, or too much: the end, after the answers still owed */
  broken: boolean
  /** what is then sent: a whole response */
  lastWord: Buffer | undefined
  /** its peer has too many: it is told so, and no more */
  crowded: boolean
  /** without a certificate: what was shown last, and was good */
  login: Login | undefined
  /** those that were not */
  refusedLogins: number
}

/** connections of one peer above its limit whose first request is answered 429; of more none is listened to */
const TOLD = 4

/** Among whose places one is; until when it has to show another. */
interface Seat {
  readonly owner: string
  readonly shares: Shares<Connection>
  readonly deadline?: NodeJS.Timeout
}

/** Why a connection is not served: its client has too many, or all together have. */
type Crowd = 'each' | 'all'

/** The connections of the listener, from TCP accept on. Handshakes, strangers and peers have places of their own. */
export class Connections {
  readonly addresses = new ClientAddresses()
  /** those that proxies opened, and have not said yet for whom */
  readonly headless = new Set<Socket>()
  readonly handshakes: Handshakes
  readonly heavy = new HeavyHandshakes()
  readonly refused = new RefusedCertificates()
  #letIn = Number.NEGATIVE_INFINITY
  #find: FindPeer
  readonly #limits: ListenerLimits
  readonly #secured = new Map<Socket, Connection>()
  readonly #peers = new Shares<Connection>()
  readonly #strangers = new Shares<Connection>()
  readonly #nameless = new Shares<Connection>()
  readonly #seats = new WeakMap<Connection, Seat>()
  readonly #perPeer: (peer: PeerConfig) => number
  readonly #takesNameless: boolean

  /** `perPeer`: how many connections a peer may have. `takesNameless`: also of clients that show no certificate. */
  constructor(find: FindPeer, limits: ListenerLimits, perPeer: (peer: PeerConfig) => number, takesNameless = false) {
    this.#find = find
    this.#limits = limits
    this.#perPeer = perPeer
    this.#takesNameless = takesNameless
    const failed = (address: string, bytes: number) => {
      this.heavy.failed(address, bytes)
      if (!this.heavy.refuses(address)) return
      // those that were begun at the same time cost as much
      for (const more of this.handshakes.endOf(address)) this.heavy.failed(address, more)
    }
    this.handshakes = new Handshakes(limits, failed, this.addresses)
  }

  /** When the last handshake with a peer was over: ms since the epoch, -Infinity before the first. */
  get letIn(): number {
    return this.#letIn
  }

  get count(): number {
    return this.handshakes.count + this.#secured.size
  }

  /** A finished handshake; why not, where there is no place for it; undefined where it is over already. */
  secured(socket: TLSSocket, material: TlsMaterial): Connection | Crowd | undefined {
    const bytes = this.handshakes.finished(socket)
    if (socket.destroyed) return undefined
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined && !this.#takesNameless) return undefined
    const peer = certificate && this.#find(certificate)
    const address = this.addresses.of(socket)
    this.#learn(address, peer, bytes)
    const now = Date.now()
    const connection: Connection = {
      socket,
      address,
      certificate,
      peer,
      expires: Math.min(certificate ? lookAgainAt(certificate, material, now) : Infinity, now + 2 * this.#limits.age),
      ages: now + this.#limits.age,
      inFlight: new Map(),
      turn: Promise.resolve(),
      closing: false,
      broken: false,
      lastWord: undefined,
      crowded: false,
      login: undefined,
      refusedLogins: 0,
    }
    const crowd = certificate === undefined ? this.#seatNameless(connection) : this.#seat(connection, peer)
    if (crowd !== undefined) return crowd
    this.#secured.set(socket, connection)
    if (peer !== undefined) this.#letIn = now
    socket.once('close', () => {
      this.#secured.delete(socket)
      this.#leave(connection)
    })
    return connection
  }

  /** A client without a certificate showed whose it is: its place is one of that peer from now on. Why not, where there is none. */
  named(connection: Connection, peer: PeerConfig): Crowd | undefined {
    if (this.#seats.get(connection)?.shares !== this.#nameless) return undefined
    // that somebody there shows nothing says nothing for others there
    if (peer.identity.anonymous !== true) {
      this.#learn(connection.address, peer, 0)
      this.#letIn = Date.now()
    }
    return this.#seat(connection, peer)
  }

  #seat(connection: Connection, peer: PeerConfig | undefined): Crowd | undefined {
    const isAnonymous = peer?.identity.anonymous === true
    const network = networkOf(connection.address)
    const owner = isAnonymous ? `from ${network}` : (peer?.name ?? connection.certificate?.fingerprint256 ?? '')
    const shares = peer === undefined || isAnonymous ? this.#strangers : this.#peers
    const most = peer === undefined ? this.#limits.connectionsPerStranger : this.#perPeer(peer)
    // some more of a peer are let in, to be told why they are not served
    const crowd = this.#makeRoom(owner, shares, peer === undefined ? most : most + TOLD)
    if (crowd !== undefined) return crowd
    connection.crowded = shares.of(owner).size >= most
    this.#sit(connection, { owner, shares })
    return undefined
  }

  /** It has so long to show whose it is. Who came before, and has asked nothing, gives way. */
  #seatNameless(connection: Connection): Crowd | undefined {
    const { nameless, namelessPerNetwork, login } = this.#limits
    const { socket } = connection
    const owner = networkOf(connection.address)
    const own = this.#nameless.of(owner)
    const crowd = own.size >= namelessPerNetwork ? 'each' : this.#nameless.size >= nameless ? 'all' : undefined
    if (crowd !== undefined) {
      const candidates = [...(crowd === 'each' ? own : this.#nameless.largest())]
      const victim = candidates.find(({ inFlight }) => inFlight.size === 0)
      if (victim === undefined) return crowd
      victim.socket.destroy()
      this.#leave(victim)
    }
    const deadline = setTimeout(() => socket.destroy(), login).unref()
    this.#sit(connection, { owner, shares: this.#nameless, deadline })
    return undefined
  }

  #sit(connection: Connection, seat: Seat): void {
    this.#leave(connection)
    seat.shares.add(seat.owner, connection)
    this.#seats.set(connection, seat)
  }

  #leave(connection: Connection): void {
    const { owner = '', shares, deadline } = this.#seats.get(connection) ?? {}
    shares?.remove(owner, connection)
    clearTimeout(deadline)
    this.#seats.delete(connection)
  }

  /** Where peers come from, and where others do. */
  #learn(address: string, peer: PeerConfig | undefined, bytes: number): void {
    if (peer === undefined) {
      this.heavy.failed(address, bytes)
    } else {
      this.heavy.vouch(address)
      this.handshakes.welcome(address)
    }
  }

  of(socket: Socket): Connection | undefined {
    return this.#secured.get(socket)
  }

  sockets(): Iterable<Socket> {
    return this.#secured.keys()
  }

  /**
   * The peers are others: each request from now on is of who its certificate is by these. Those under way stay who they were. Where there
   * is no certificate, `isGood` says whether what was shown is good by these.
   */
  know(find: FindPeer, isGood: (login: Login) => boolean): void {
    this.#find = find
    for (const connection of this.#secured.values()) {
      if (connection.certificate === undefined) {
        connection.closing = true
        const isOver = connection.login === undefined || !isGood(connection.login)
        if (isOver && connection.inFlight.size === 0) connection.socket.destroy()
        continue
      }
      const before = connection.peer
      connection.peer = find(connection.certificate)
      // its place is among those of another: it is asked to come again
      if (connection.peer?.name !== before?.name) connection.closing = true
    }
  }

  /**
   * New files are in use: handshakes under the old ones are ended, and so is whoever would not be let in any more. The others are asked to
   * come again.
   */
  reconsider(material: TlsMaterial): void {
    this.handshakes.endAll()
    for (const connection of this.#secured.values()) {
      connection.closing = true
      const { certificate } = connection
      if (certificate !== undefined && !stillTrusted(certificate, material)) connection.socket.destroy()
    }
  }

  /** Ends what is past its date and owes no answer. */
  endExpired(now: number): void {
    for (const connection of this.#secured.values()) {
      if (connection.expires <= now && !isOwed(connection)) connection.socket.destroy()
    }
  }

  /** Ends what owes no answer. Handshakes are ended too. */
  closeIdle(): void {
    for (const connection of this.#secured.values()) {
      connection.closing = true
      if (connection.inFlight.size === 0) connection.socket.destroy()
    }
    this.handshakes.endAll()
    for (const socket of this.headless) socket.destroy()
  }

  destroyAll(): void {
    for (const socket of this.#secured.keys()) socket.destroy()
    this.handshakes.endAll()
  }

  /** Whoever has fewer connections than another is let in all the same: one of the other's goes, that owes no answer. */
  #makeRoom(owner: string, shares: Shares<Connection>, most: number): Crowd | undefined {
    const limits = this.#limits
    const own = shares.of(owner).size
    if (own >= most) return 'each'
    if (shares.size < (shares === this.#peers ? limits.connections : limits.strangers)) return undefined
    const largest = shares.largest()
    const candidates = largest.size > own + 1 ? [...largest] : []
    const victim = candidates.find(({ inFlight }) => inFlight.size === 0) ?? candidates.find((one) => !isOwed(one))
    if (victim === undefined) return 'all'
    victim.socket.destroy()
    return undefined
  }
}

/** Whether a request came whole that is not answered yet. */
export function isOwed({ inFlight }: Connection): boolean {
  return [...inFlight.keys()].some((request) => request.complete)
}

import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { PeerConfig } from '../config/types.ts'
import type { FindPeer } from './peers.ts'
import { notAfter } from './tls.ts'

/** One TLS connection. Its peer is found once: there is no renegotiation. */
export interface Connection {
  readonly socket: TLSSocket
  readonly certificate: X509Certificate
  readonly peer: PeerConfig | undefined
  /** ms since the epoch: when the certificate runs out */
  readonly expires: number
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
}

/** The connections of the listener, from TCP accept on. */
export class Connections {
  readonly #find: FindPeer
  readonly #perPeer: number
  readonly #handshaking = new Map<string, Socket>()
  readonly #secured = new Map<Socket, Connection>()
  readonly #perIdentity = new Map<string, number>()

  constructor(find: FindPeer, perPeer: number) {
    this.#find = find
    this.#perPeer = perPeer
  }

  get count(): number {
    return this.#handshaking.size + this.#secured.size
  }

  /** A TCP connection, not yet TLS. */
  opened(socket: Socket): void {
    const from = addressOf(socket)
    this.#handshaking.set(from, socket)
    socket.once('close', () => {
      if (this.#handshaking.get(from) === socket) this.#handshaking.delete(from)
    })
  }

  /** A finished handshake; undefined when this client has too many already. */
  secured(socket: TLSSocket): Connection | undefined {
    this.#handshaking.delete(addressOf(socket))
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) return undefined
    const peer = this.#find(certificate)
    const identity = peer?.name ?? `certificate ${certificate.fingerprint256}`
    const before = this.#perIdentity.get(identity) ?? 0
    if (before >= this.#perPeer) return undefined
    this.#perIdentity.set(identity, before + 1)
    const connection: Connection = {
      socket,
      certificate,
      peer,
      expires: notAfter(certificate),
      inFlight: new Map(),
      turn: Promise.resolve(),
      closing: false,
      broken: false,
      lastWord: undefined,
    }
    this.#secured.set(socket, connection)
    socket.once('close', () => {
      this.#secured.delete(socket)
      const left = (this.#perIdentity.get(identity) ?? 1) - 1
      if (left > 0) this.#perIdentity.set(identity, left)
      else this.#perIdentity.delete(identity)
    })
    return connection
  }

  of(socket: Socket): Connection | undefined {
    return this.#secured.get(socket)
  }

  all(): Iterable<Connection> {
    return this.#secured.values()
  }

  /** Ends what owes no answer. Handshakes are ended too. */
  closeIdle(): void {
    for (const connection of this.#secured.values()) {
      connection.closing = true
      if (connection.inFlight.size === 0) connection.socket.destroy()
    }
    this.closeHandshaking()
  }

  /** Ends what has no TLS session yet, and would get one under the files it began with. */
  closeHandshaking(): void {
    for (const socket of this.#handshaking.values()) socket.destroy()
  }

  destroyAll(): void {
    for (const socket of [...this.#secured.keys(), ...this.#handshaking.values()]) socket.destroy()
  }
}

/** The TLSSocket and the Socket below it have nothing else in common that is public. */
function addressOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

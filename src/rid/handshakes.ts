import { isIPv6, type Socket } from 'node:net'
import { ClientAddresses, endsOf } from './client-addresses.ts'
import { HandshakeTurns } from './handshake-turns.ts'
import { Shares } from './shares.ts'

interface HandshakeLimits {
  readonly handshake: number
  readonly handshakes: number
  readonly handshakesPerAddress: number
}

/**
 * TCP connections that have no TLS session yet: anybody's. A new one always has its place, and the oldest goes for it: of its own
 * network where that has too many, else of the network that has the most; those who have not sent a byte before those who have.
 */
export class Handshakes {
  readonly #turns = new HandshakeTurns()
  readonly #limits: HandshakeLimits
  readonly #failed: (address: string, bytes: number) => void
  readonly #sockets = new Map<string, Socket>()
  readonly #shares = new Shares<Socket>()

  readonly #addresses: ClientAddresses

  /** `failed` is called for each that ends by itself without a session, with what came of it. */
  constructor(
    limits: HandshakeLimits,
    failed: (address: string, bytes: number) => void = () => {},
    addresses = new ClientAddresses(),
  ) {
    this.#limits = limits
    this.#failed = failed
    this.#addresses = addresses
  }

  get count(): number {
    return this.#sockets.size
  }

  /** Undefined, or the one that was ended in its stead. */
  begun(socket: Socket): Socket | undefined {
    const ends = endsOf(socket)
    const address = this.#addresses.of(socket)
    const network = networkOf(address)
    this.#sockets.set(ends, socket)
    this.#shares.add(network, socket)
    socket.once('close', () => {
      this.#shares.remove(network, socket)
      if (this.#sockets.get(ends) !== socket) return
      this.#sockets.delete(ends)
      this.#failed(address, this.#addresses.heard(socket))
    })
    const own = this.#shares.of(network)
    if (own.size > this.#limits.handshakesPerAddress) return this.#end(own, socket)
    if (this.#sockets.size > this.#limits.handshakes) return this.#end(this.#shares.largest(), socket)
    return undefined
  }

  /** `begin` is called when it is the turn of this one, unless it was ended before; `late` when it had none in time. */
  inTurn(socket: Socket, begin: () => void, late: () => void): void {
    this.#turns.wait(socket, networkOf(this.#addresses.of(socket)), this.#limits.handshake, begin, late)
  }

  /** A peer came from there. */
  welcome(address: string): void {
    this.#turns.welcome(networkOf(address))
  }

  /** `socket`: the TLS socket, or the one below it. The bytes that came of it. */
  finished(socket: Socket): number {
    const ends = endsOf(socket)
    const below = this.#sockets.get(ends)
    if (below === undefined) return 0
    this.#sockets.delete(ends)
    this.#shares.remove(networkOf(this.#addresses.of(below) || this.#addresses.of(socket)), below)
    this.#turns.over(below)
    return this.#addresses.heard(below)
  }

  /** Ends all of the network that this address is of; the bytes that came of each. */
  endOf(address: string): number[] {
    return [...this.#shares.of(networkOf(address))].map((socket) => {
      const bytes = this.finished(socket)
      socket.destroy()
      return bytes
    })
  }

  endAll(): void {
    for (const socket of this.#sockets.values()) socket.destroy()
  }

  #end(share: ReadonlySet<Socket>, newcomer: Socket): Socket | undefined {
    const others = [...share].filter((socket) => socket !== newcomer)
    const victim = others.find((socket) => this.#addresses.heard(socket) === 0) ?? others[0]
    if (victim === undefined) return undefined
    this.finished(victim)
    victim.destroy()
    return victim
  }
}

/** Whom an address belongs to: of IPv6, whoever has one has all 2^64 beside it. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address
  const [head = '', tail] = address.replace(/%.*/, '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}

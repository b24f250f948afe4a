import type { Socket } from 'node:net'

/** Handshakes under way at once, each of another network; ms after which one that goes on counts no more. */
const AT_ONCE = 4
const HOLD = 250
/** Bytes from which on a handshake is heavy, since a client's certificates have a few thousand; ms without another one behind it. */
export const HEAVY = 16_384
const PAUSE = 250

interface Waiting {
  readonly socket: Socket
  readonly begin: () => void
}

/**
 * When a handshake begins, of networks that no peer is known to come from: few at a time, and the networks take turns. OpenSSL does its
 * work in the only thread there is, up to a tenth of a second for a long chain, and what came of forty at the same time would be done
 * without a pause for anybody else. Whoever says nothing has no turn, and whoever is slow holds up nobody.
 */
export class HandshakeTurns {
  /** by network, the one first that waits longest for a turn */
  readonly #lines = new Map<string, Waiting[]>()
  /** those begun that are not over; and which of them count, with their networks */
  readonly #open = new Set<Socket>()
  readonly #underWay = new Map<Socket, string>()
  #pause: NodeJS.Timeout | undefined

  /** `begin` is called in the socket's turn, unless it is closed before; `late` once it had none for `ms`. */
  wait(socket: Socket, network: string, ms: number, begin: () => void, late: () => void): void {
    // the connection itself keeps the process
    const deadline = setTimeout(late, ms).unref()
    const start = () => {
      clearTimeout(deadline)
      begin()
    }
    this.#lines.set(network, [...(this.#lines.get(network) ?? []), { socket, begin: start }])
    // until its handshake begins nobody else listens
    socket.on('error', () => {})
    socket.once('close', () => {
      clearTimeout(deadline)
      this.#leave(network, socket)
      this.over(socket)
    })
    // it is read by nobody until then: the first bytes stay where the TLS socket looks for them
    if (socket.readableLength === 0) socket.once('readable', () => this.#go())
    this.#go()
  }

  /** Its handshake came to an end. */
  over(socket: Socket): void {
    if (!this.#open.delete(socket)) return
    this.#underWay.delete(socket)
    if (socket.bytesRead >= HEAVY) {
      this.#pause ??= setTimeout(() => {
        this.#pause = undefined
        this.#go()
      }, PAUSE).unref()
    }
    this.#go()
  }

  /** A peer came from there: whoever waits of that network waits no longer. */
  welcome(network: string): void {
    for (const { socket, begin } of this.#lines.get(network) ?? []) {
      this.#leave(network, socket)
      begin()
    }
  }

  #go(): void {
    while (this.#underWay.size < AT_ONCE && this.#pause === undefined) {
      const next = this.#next()
      if (next === undefined) return
      const { network, waiting } = next
      const { socket, begin } = waiting
      this.#leave(network, socket)
      this.#open.add(socket)
      this.#underWay.set(socket, network)
      setTimeout(() => {
        if (this.#underWay.delete(socket)) this.#go()
      }, HOLD).unref()
      begin()
    }
  }

  #next(): { readonly network: string; readonly waiting: Waiting } | undefined {
    const busy = new Set(this.#underWay.values())
    for (const [network, line] of this.#lines) {
      if (busy.has(network)) continue
      const waiting = line.find(({ socket }) => socket.readableLength > 0)
      if (waiting !== undefined) return { network, waiting }
    }
    return undefined
  }

  /** The network has had its turn: it stands behind the others. */
  #leave(network: string, socket: Socket): void {
    const line = this.#lines.get(network) ?? []
    const left = line.filter((waiting) => waiting.socket !== socket)
    if (left.length === line.length) return
    this.#lines.delete(network)
    if (left.length > 0) this.#lines.set(network, left)
  }
}

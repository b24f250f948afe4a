import type { Socket } from 'node:net'

/** Where clients come from: what a trusted proxy said of the connection, else the other end of it. */
export class ClientAddresses {
  /** by the two ends of the TCP connection, which a TLS socket and the one below it have in common */
  readonly #said = new Map<string, { readonly address: string }>()

  /** A proxy opened it for somebody at `address`. `socket`: the one below TLS. */
  say(socket: Socket, address: string): void {
    if (address === socket.remoteAddress) return
    const ends = endsOf(socket)
    const entry = { address }
    this.#said.set(ends, entry)
    // what is told of the end of it is told a little later
    socket.once('close', () =>
      setImmediate(() => {
        if (this.#said.get(ends) === entry) this.#said.delete(ends)
      }),
    )
  }

  of(socket: Socket): string {
    return this.#said.get(endsOf(socket))?.address ?? socket.remoteAddress ?? ''
  }
}

/** A TLS socket and the one below it have nothing else in common that is public. */
export function endsOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

import type { Socket } from 'node:net'

/** Where clients come from, and how much came of them: of a connection by a proxy as its header said, else as the socket says. */
export class ClientAddresses {
  /** by the other end of the TCP connection, which a TLS socket and the one below it have in common */
  readonly #said = new Map<string, { readonly address: string; readonly header: number }>()

  /** A proxy opened it for somebody at `address`, in a header of so many bytes. `socket`: the one below TLS. */
  say(socket: Socket, address: string, header: number): void {
    const ends = endsOf(socket)
    const entry = { address, header }
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

  /** Bytes that the client itself sent. `socket`: the one below TLS. */
  heard(socket: Socket): number {
    return socket.bytesRead - (this.#said.get(endsOf(socket))?.header ?? 0)
  }
}

/** A TLS socket and the one below it have nothing else in common that is public. */
export function endsOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

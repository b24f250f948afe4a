import type { Socket } from 'node:net'

/**
 * Finds connections whose client takes nothing, for `ms`, of what is written to it: Node would keep them, and what waits for them, for
 * ever.
 */
export class WriteDeadline {
  readonly #ms: number
  readonly #stalled = new WeakMap<Socket, { readonly taken: number; readonly since: number }>()

  constructor(ms: number) {
    this.#ms = ms
  }

  /** Ends those of `sockets` that took nothing since they were first found so, `ms` ago. */
  look(sockets: Iterable<Socket>, now = performance.now()): void {
    for (const socket of sockets) {
      const taken = socket.bytesWritten - socket.writableLength
      const before = this.#stalled.get(socket)
      if (socket.writableLength === 0) this.#stalled.delete(socket)
      else if (before === undefined || before.taken !== taken) this.#stalled.set(socket, { taken, since: now })
      else if (now - before.since >= this.#ms) socket.destroy()
    }
  }
}

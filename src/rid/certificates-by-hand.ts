import type { Server } from 'node:https'
import type { TLSSocket } from 'node:tls'

/**
 * Where TLS must let clients in that show no certificate, OpenSSL's verdict on one that is shown is ours to carry out: whoever it refuses
 * ends as ever, with 'tlsClientError', before one byte of HTTP is read. To be called once all listeners of 'secureConnection' are there:
 * Node's own, which reads, is among them.
 */
export function refuseByHand(server: Server): void {
  const listeners = server.listeners('secureConnection')
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.authorized || socket.getPeerX509Certificate() === undefined) {
      for (const listener of listeners) listener.call(server, socket)
      return
    }
    const code = String(socket.authorizationError)
    server.emit('tlsClientError', Object.assign(new Error(code), { code }), socket)
    socket.destroy()
  })
}

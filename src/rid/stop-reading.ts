import type { Socket } from 'node:net'

/**
 * Reads no more from the connection until `readOn`. To pause a body is not enough: Node fills it up to its high-water mark all the
 * same, and 64 KiB in pieces of one byte are 17 MB of buffers. So nothing but `readOn` may wake the socket.
 */
export function stopReading(socket: Socket): void {
  socket.pause()
  socket.resume = () => socket
}

export function readOn(socket: Socket): void {
  if (!Object.hasOwn(socket, 'resume')) return
  Reflect.deleteProperty(socket, 'resume')
  socket.resume()
}

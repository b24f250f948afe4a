import type { IncomingMessage } from 'node:http'
import { PassThrough, Readable } from 'node:stream'

/** A request as far as its body goes: these pieces, and then the end unless `open`. */
export function request(pieces: readonly string[], { open = false } = {}): IncomingMessage {
  const stream = Object.assign(new Readable({ read() {} }), { socket: new PassThrough(), headers: {} })
  Object.defineProperty(stream, 'complete', { get: () => stream.readableEnded })
  for (const piece of pieces) stream.push(piece)
  if (!open) stream.push(null)
  return stream as unknown as IncomingMessage
}

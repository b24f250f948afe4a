import type { IncomingMessage } from 'node:http'
import { Pieces } from './bounded-bytes.ts'
import { readOn, stopReading } from './stop-reading.ts'

/** How a request is refused, or answered, before all of its body came. */
interface Unread {
  /** bytes that a body may have */
  readonly maxMessage: number
  /** it waits for `100 Continue`, and may or may not send its body */
  readonly expectant: boolean
  /** whoever sends it is no peer */
  readonly stranger: boolean
  /** it came in crumbs so far */
  readonly crumbs: boolean
}

/**
 * What to do with the rest of a body that nobody asked for. `discard`: read and throw it away, then go on, where its length is said
 * and lawful. Else the connection ends behind the answer: `linger` reads for a moment, so that the client gets its answer, `deaf` only waits.
 */
export function restOf(request: IncomingMessage, how: Unread): 'nothing' | 'discard' | 'linger' | 'deaf' {
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers
  if (request.complete || (transfer === undefined && Number(length ?? 0) === 0)) return 'nothing'
  const short = transfer === undefined && Number(length) <= how.maxMessage
  if (how.crumbs) return 'deaf'
  if (short && !how.expectant) return 'discard'
  return how.stranger ? 'deaf' : 'linger'
}

/**
 * Throws away what the client still sends, for at most `ms` and `bytes`, and not in crumbs. Resolves with whether it came to its
 * end. A socket closed with unread bytes resets the connection, and the client would lose the answer it was just given
 * (RFC 9112 §9.6).
 */
export function linger(request: IncomingMessage, ms: number, bytes: number): Promise<boolean> {
  const { socket } = request
  // it has said so, and says no more
  if (request.closed || request.readableEnded || socket.closed) return Promise.resolve(request.complete)
  return new Promise((resolve) => {
    const pieces = new Pieces()
    const onData = (chunk: Buffer) => {
      if (pieces.crumble(chunk.length) || pieces.bytes > bytes) finish()
    }
    const finish = () => {
      clearTimeout(timer)
      request.off('data', onData).off('end', finish).off('close', finish).off('error', finish)
      socket.off('close', finish)
      if (!request.complete) stopReading(socket)
      resolve(request.complete)
    }
    // the connection itself keeps the process
    const timer = setTimeout(finish, ms).unref()
    request.on('data', onData).on('end', finish).on('close', finish).on('error', finish)
    // Node ends a request with its connection only until it is answered
    socket.on('close', finish)
    request.resume()
    readOn(socket)
  })
}

/** Leaves the client `ms` to read its answer, and reads nothing of what it still sends. */
export function turnDeaf(request: IncomingMessage, ms: number): Promise<void> {
  const { socket } = request
  stopReading(socket)
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      socket.off('close', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    socket.on('close', finish)
  })
}

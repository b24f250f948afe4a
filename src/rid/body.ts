import type { IncomingMessage } from 'node:http'
import { BoundedBytes } from './bounded-bytes.ts'
import { readOn, stopReading } from './stop-reading.ts'

type Body =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** it comes in very many pieces of nearly nothing */
  | { readonly kind: 'crumbs' }
  /** the client went away, or was too slow, before it had sent everything */
  | { readonly kind: 'aborted' }

export interface BodyReader {
  /** The whole body, as soon as it is there. Never rejects. */
  whole(): Promise<Body>
}

const NOTHING = new Uint8Array(0)

/** bytes of a body that are read before anybody asks for the whole of it */
const AHEAD = 65_536

/**
 * Reads a body from its first byte on: of one that nobody reads, Node keeps as many buffers as it came in pieces. Stops at the first
 * byte over `limit`, or when it comes in crumbs.
 */
export function beginBody(request: IncomingMessage, limit: number): BodyReader {
  const { promise, resolve } = Promise.withResolvers<Body>()
  const { socket } = request
  const length = Number(request.headers['content-length'] ?? limit)
  let read: BoundedBytes | undefined
  /** nearly every message is one piece, which need not be copied */
  let piece: Buffer | undefined
  let ahead = true
  let settled: Body | undefined
  const settle = (body: Body) => {
    // behind its end a request is closed
    if (settled !== undefined) return
    settled = body
    if (body.kind !== 'body') request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone)
    if (body.kind === 'too-large' || body.kind === 'crumbs') stopReading(socket)
    resolve(body)
  }
  const onData = (chunk: Buffer) => {
    if (chunk.length === length && piece === undefined && read === undefined) {
      piece = chunk
      return
    }
    read ??= new BoundedBytes(limit, length)
    const over = (piece && read.add(piece)) ?? read.add(chunk)
    piece = undefined
    if (over !== undefined) settle({ kind: over })
    else if (ahead && read.size >= AHEAD) stopReading(socket)
  }
  const onEnd = () => settle({ kind: 'body', bytes: piece ?? read?.take() ?? NOTHING })
  const onGone = () => settle({ kind: 'aborted' })
  if (request.destroyed) onGone()
  else request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone)
  return {
    whole() {
      ahead = false
      // all of it may be there already: what comes behind it on the connection is not
      if (settled === undefined || settled.kind === 'body') readOn(socket)
      return promise
    },
  }
}

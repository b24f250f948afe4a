import type { IncomingMessage } from 'node:http'

type Body =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** the client went away, or was too slow, before it had sent everything */
  | { readonly kind: 'aborted' }

/** Reads the whole body, and stops at the first byte over `limit`. Never rejects. */
export function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (body: Body) => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone)
      if (body.kind === 'too-large') request.pause()
      resolve(body)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) settle({ kind: 'too-large' })
      else chunks.push(chunk)
    }
    const onEnd = () => settle({ kind: 'body', bytes: Buffer.concat(chunks, size) })
    const onGone = () => settle({ kind: 'aborted' })
    if (request.destroyed) return settle({ kind: 'aborted' })
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone)
  })
}

/** Whether part of a body is still to come that nobody asked for. */
export function isUnread(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers
  return !request.complete && (transfer !== undefined || Number(length ?? 0) > 0)
}

/**
 * Throws away what the client still sends, for at most `ms` and `bytes`. A socket closed with unread bytes resets the
 * connection, and the client would lose the answer it was just given (RFC 9112 §9.6).
 */
export function linger(request: IncomingMessage, ms: number, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0
    const onData = (chunk: Buffer) => {
      seen += chunk.length
      if (seen > bytes) finish()
    }
    const finish = () => {
      clearTimeout(timer)
      request.off('data', onData).off('end', finish).off('close', finish).off('error', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    request.on('data', onData).on('end', finish).on('close', finish).on('error', finish)
    request.resume()
  })
}

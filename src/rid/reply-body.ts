import type { Readable } from 'node:stream'
import { BoundedBytes } from './bounded-bytes.ts'
import type { PeerResponse } from './reply-outcome.ts'

/** Reads a reply up to `limit` bytes, and as long as it does not come in crumbs. Rejects with what undici says of a lost connection. */
export function readReplyBody(stream: Readable, limit: number): Promise<Pick<PeerResponse, 'body' | 'unread'>> {
  return new Promise((resolve, reject) => {
    /** nearly every reply is one piece, which need not be copied */
    let first: Buffer | undefined
    let read: BoundedBytes | undefined
    stream.on('data', (chunk: Buffer) => {
      if (first === undefined && chunk.length <= limit) {
        first = chunk
        return
      }
      if (read === undefined) {
        read = new BoundedBytes(limit)
        if (first !== undefined) read.add(first)
      }
      const unread = read.add(chunk)
      if (unread === undefined) return
      resolve({ body: undefined, unread })
      // ends the connection
      stream.destroy()
    })
    stream.on('end', () => resolve({ body: read?.take() ?? first ?? NOTHING }))
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') resolve({ body: undefined, unread: 'too-large' })
      else reject(error)
    })
  })
}

const NOTHING = new Uint8Array(0)

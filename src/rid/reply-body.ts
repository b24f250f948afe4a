import { type Dispatcher, errors } from 'undici'
import { BoundedBytes } from './bounded-bytes.ts'

interface ReplyBody {
  /** undefined: not read to its end */
  readonly body: Uint8Array | undefined
  /** why not */
  readonly unread?: 'too-large' | 'crumbs'
}

/** Reads a reply up to `limit` bytes, and as long as it does not come in crumbs. Rejects with what undici says of a lost connection. */
export function readReplyBody(stream: Dispatcher.ResponseData['body'], limit: number): Promise<ReplyBody> {
  return new Promise((resolve, reject) => {
    const read = new BoundedBytes(limit)
    stream.on('data', (chunk: Buffer) => {
      const unread = read.add(chunk)
      if (unread === undefined) return
      resolve({ body: undefined, unread })
      // ends the connection
      stream.destroy()
    })
    stream.on('end', () => resolve({ body: read.take() }))
    stream.on('error', (error: Error) => {
      if (error instanceof errors.ResponseExceededMaxSizeError) resolve({ body: undefined, unread: 'too-large' })
      else reject(error)
    })
  })
}

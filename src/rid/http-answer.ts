import type { Agent, DispatchOptions } from '../undici.ts'
import { BoundedBytes } from './bounded-bytes.ts'
import type { PeerResponse } from './reply-outcome.ts'

/** The response to one request, whole. */
interface HttpAnswer extends Pick<PeerResponse, 'status' | 'body' | 'unread'> {
  /** The first of the header fields of that name, which is in lower case. */
  header(name: string): string | undefined
}

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Sends a request and reads what is answered up to `limit` bytes, and as long as it does not come in crumbs: what is over that ends the
 * connection. Rejects with what undici says of a lost connection, and with the signal's reason as soon as it aborts. By undici's
 * own callbacks, since a stream for each answer costs more than all else about it.
 */
export function askOverHttp(
  agent: Agent,
  request: DispatchOptions,
  limit: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let status = 0
    let fields: Fields = {}
    /** nearly every reply is one piece, which need not be copied */
    let first: Buffer | undefined
    let read: BoundedBytes | undefined
    /** ends the request, once it was begun */
    let abort: ((reason: Error) => void) | undefined

    const cut = () => fail(signal.reason as Error)
    const end = (answer: Pick<PeerResponse, 'body' | 'unread'>) => {
      signal.removeEventListener('abort', cut)
      const header = (name: string) => {
        const value = fields[name]
        return typeof value === 'object' ? value[0] : value
      }
      resolve({ status, header, ...answer })
    }
    const fail = (reason: Error) => {
      signal.removeEventListener('abort', cut)
      reject(reason)
      abort?.(reason)
    }
    if (signal.aborted) return cut()
    signal.addEventListener('abort', cut)
    agent.dispatch(request, {
      onRequestStart(controller) {
        abort = (reason) => controller.abort(reason)
        if (signal.aborted) cut()
      },
      onResponseStart(_controller, code, headers) {
        // an interim one is no answer (RFC 9110 §15.2)
        if (code < 200) return
        status = code
        fields = headers
      },
      onResponseData(controller, chunk) {
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
        end({ body: undefined, unread })
        controller.abort(OVER)
      },
      onResponseEnd() {
        end({ body: read?.take() ?? first ?? NOTHING })
      },
      onResponseError(_controller, error: NodeJS.ErrnoException) {
        if (status !== 0 && error.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
          end({ body: undefined, unread: 'too-large' })
        else fail(error)
      },
    })
  })
}

/** made once: nobody is told */
const OVER = new Error('over the limit')
const NOTHING = new Uint8Array(0)

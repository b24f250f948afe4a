import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { within } from './eventually.ts'

/** Who the client is, and whom it trusts. Paths of PEM files; without `cert` it shows no certificate. */
interface RidClientIdentity {
  readonly ca: string
  readonly cert?: string
  readonly key?: string
}

export interface RidResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface RidRequest {
  readonly method?: string
  /** ['/'] */
  readonly path?: string
  /** added to, or (undefined) taken from, `Content-Type: text/xml` */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  /** a list is sent chunked, one chunk each */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** ms [10000] */
  readonly timeout?: number
}

export interface RidClient extends AsyncDisposable {
  /** Rejects on network and TLS errors. */
  send(request: RidRequest): Promise<RidResponse>
  post(body: string | Uint8Array, headers?: RidRequest['headers']): Promise<RidResponse>
  /** A TLS connection of its own, for what no HTTP library sends. Rejects when the handshake fails. */
  raw(options?: ConnectionOptions): Promise<TLSSocket>
}

interface RidClientOptions {
  readonly keepAlive?: boolean
  readonly servername?: string
  /** where it comes from [127.0.0.1] */
  readonly localAddress?: string
}

/** A plain RID client on 127.0.0.1. With `keepAlive`, requests one after another share a connection. */
export function createRidClient(
  port: number,
  identity: RidClientIdentity,
  { keepAlive = false, servername = 'localhost', localAddress }: RidClientOptions = {},
): RidClient {
  const { ca, cert, key } = identity
  const tls: ConnectionOptions = {
    ca: readFileSync(ca),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
    servername,
  }
  const from = localAddress === undefined ? {} : { localAddress }
  const agent = new Agent({ ...tls, ...from, keepAlive, maxSockets: keepAlive ? 1 : Number.POSITIVE_INFINITY })

  function send({ method = 'POST', path = '/', headers = {}, body, timeout = 10_000 }: RidRequest) {
    const fields = Object.entries({ 'content-type': 'text/xml', ...headers }).filter(([, value]) => value !== undefined)
    return new Promise<RidResponse>((resolve, reject) => {
      const outgoing = request({
        agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: Object.fromEntries(fields) as Record<string, string | string[]>,
        signal: AbortSignal.timeout(timeout),
      })
      outgoing.on('error', reject)
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode = 0, headers: received } = response
          resolve({ status: statusCode, headers: received, body: Buffer.concat(chunks).toString('utf8') })
        })
      })
      if (typeof body === 'string' || body instanceof Uint8Array) outgoing.end(body)
      else {
        for (const chunk of body ?? []) outgoing.write(chunk)
        outgoing.end()
      }
    })
  }

  return {
    send,
    post: (body, headers = {}) => send({ body, headers }),
    raw(options = {}) {
      const secured = new Promise<TLSSocket>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, ...tls, ...from, ...options }, () => resolve(socket))
        socket.on('error', reject)
      })
      return within(30_000, `a TLS session with port ${port}`, secured)
    },
    async [Symbol.asyncDispose]() {
      agent.destroy()
    },
  }
}

/** Everything the other side sends until it closes the connection, or `ms` have passed. */
export function readUntilClose(socket: TLSSocket, ms = 10_000): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const finish = () => {
      clearTimeout(timer)
      resolve(text)
    }
    const timer = setTimeout(finish, ms)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    socket.on('close', finish)
    socket.on('error', () => {})
  })
}

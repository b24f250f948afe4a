import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Readable } from 'node:stream'
import { codeOf, networkWords, tlsWords } from '../failure-words.ts'
import { Agent, buildConnector } from '../undici.ts'
import { systemAuthorities } from '../x509/system-authorities.ts'
import type { Hosts } from './hosts.ts'

/** What is asked of a host; `limit`: bytes of its answer's body. */
interface HttpsRequest {
  readonly url: URL
  readonly method: 'GET' | 'PUT'
  readonly fields?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly limit: number
  /** ms to the end of the answer */
  readonly whole: number
}

export type HttpsAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly retryAfter: string | undefined
      readonly body: Uint8Array
    }
  /** more than `limit` */
  | { readonly kind: 'too-large'; readonly status: number }
  /** none of the host's addresses may be used */
  | { readonly kind: 'private'; readonly address: string }
  | { readonly kind: 'away'; readonly reason: string }

export type Https = (request: HttpsRequest, signal: AbortSignal) => Promise<HttpsAnswer>

interface HttpsOptions {
  readonly hosts: Pick<Hosts, 'allows'>
  /** PEM file of the CAs that hosts must be certified by; read at each request. Without it those of the system */
  readonly ca: string | undefined
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

/** ms to a TCP connection and TLS session */
const CONNECT = 10_000
const KEYS = { ca: 'grid.upload.ca', crl: 'grid.tls.crl' }

/** addresses of one host that are tried */
const MOST = 4

/**
 * One request over HTTPS to an address that may be used, on a connection of its own: no redirect is followed, the certificate must name
 * the host. Never rejects.
 */
export function createHttps({ hosts, ca, resolve = resolveAll }: HttpsOptions): Https {
  async function ask(request: HttpsRequest, signal: AbortSignal): Promise<HttpsAnswer> {
    const host = request.url.hostname.replace(/^\[(.*)\]$/, '$1')
    const addresses = isIP(host) > 0 ? [host] : await orEnd(resolve(host), signal)
    const usable = addresses.filter((one) => hosts.allows(one)).slice(0, MOST)
    if (usable.length === 0) return { kind: 'private', address: addresses[0] ?? 'nowhere' }
    const authorities = ca === undefined ? systemAuthorities() : [readFileSync(ca, 'latin1')]
    for (const [i, address] of usable.entries()) {
      try {
        return await askAt(host, address, authorities, request, signal)
      } catch (error) {
        if (i === usable.length - 1 || signal.aborted || !UNREACHABLE.includes(codeOf(error) ?? '')) throw error
      }
    }
    throw new Error('no address')
  }

  return async (request, signal) => {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(request.whole)])
    try {
      return await ask(request, ended)
    } catch (error) {
      if (signal.aborted) return { kind: 'away', reason: 'the gateway stopped' }
      return { kind: 'away', reason: ended.aborted ? `no end within ${request.whole / 1000} s` : wordsOf(error) }
    }
  }
}

/** Nothing was sent, and another address of the host may do. */
const UNREACHABLE = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT']

async function askAt(
  host: string,
  address: string,
  authorities: readonly string[] | undefined,
  { url, method, fields = {}, body, limit }: HttpsRequest,
  signal: AbortSignal,
): Promise<HttpsAnswer> {
  const agent = createAgent(host, address, authorities)
  try {
    const { origin, pathname, search } = url
    const headers = { 'user-agent': 'iodef-gateway', ...fields }
    const request = { origin, path: `${pathname}${search}`, method, headers, body: body ?? null, signal }
    const { statusCode: status, headers: said, body: stream } = await agent.request(request)
    const read = await readUpTo(stream, limit)
    if (read === undefined) return { kind: 'too-large', status }
    return { kind: 'answer', status, retryAfter: [said['retry-after']].flat()[0], body: read }
  } finally {
    await agent.destroy()
  }
}

function createAgent(host: string, address: string, ca: readonly string[] | undefined): Agent {
  const connect = buildConnector({
    ...(ca !== undefined && { ca: [...ca] }),
    // SNI takes no addresses (RFC 6066 §3)
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    timeout: CONNECT,
    allowH2: false,
    autoSelectFamily: false,
    // the one that was looked at: a second look-up could give another
    lookup: (_host, { all }, found) =>
      all ? found(null, [{ address, family: isIP(address) }]) : found(null, address, isIP(address)),
  })
  return new Agent({ connect, allowH2: false, pipelining: 1, connections: 1 })
}

/** Undefined: there is more, and the connection ends. Into one buffer: of very small pieces none is kept. */
async function readUpTo(stream: Readable, limit: number): Promise<Uint8Array | undefined> {
  const bytes = Buffer.allocUnsafeSlow(limit)
  let size = 0
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (size + piece.length > limit) return undefined
    bytes.set(piece, size)
    size += piece.length
  }
  return bytes.subarray(0, size)
}

async function resolveAll(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' })
  return [...new Set(found.map(({ address }) => address))]
}

/** The resolver takes no signal. */
function orEnd<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>()
  const end = () => reject(new Error('cut short'))
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  return Promise.race([promise, cut]).finally(() => signal.removeEventListener('abort', end))
}

function wordsOf(error: unknown): string {
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown')
  return tlsWords(code, KEYS) ?? networkWords(code)
}

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { Agent, type Dispatcher, errors } from 'undici'
import type { TlsFiles } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { SendOutcome } from '../outcome.ts'
import type { Tell } from '../tell.ts'
import type { MsgType } from '../vocabulary.ts'
import { parseContentType } from './content-type.ts'
import type { ReadReply, Receiver, Reply, RidSender } from './contract.ts'
import type { SenderNews } from './news.ts'
import { hasDnsId, hasFingerprint, hasWildcard } from './peers.ts'
import { printable } from './problems.ts'
import {
  beginningOf,
  bodilessOutcome,
  excerpt,
  isBlank,
  type PeerResponse,
  refusedOutcome,
  repliedOutcome,
} from './reply-outcome.ts'
import { loadTls } from './tls.ts'
import { networkWords } from './tls-words.ts'

interface SenderLimits {
  /** ms to a TCP connection and TLS session */
  readonly connect: number
  /** ms to the end of the reply */
  readonly whole: number
  /** bytes of a reply's body */
  readonly maxReply: number
  readonly connections: number
}

// RFC 6546 §3: "about thirty seconds". With a probe every 30 s at most, a peer behind a network that forgot its connections
// has its messages a minute after the network is well.
const DEFAULT_LIMITS: SenderLimits = { connect: 10_000, whole: 30_000, maxReply: 1024 * 1024, connections: 4 }

/** made once: an AbortController's own reason carries a stack trace */
const CUT_SHORT = new Error('cut short')

export interface RidSenderOptions {
  readonly receiver: Receiver
  readonly tls: TlsFiles
  readonly readReply: ReadReply
  readonly tell: Tell<SenderNews>
  readonly limits?: Partial<SenderLimits>
  /** ms since the epoch */
  readonly now?: () => number
  /** is shown every response before it is judged: the `send` command prints it */
  readonly observe?: (response: PeerResponse) => void
}

export interface ReloadableRidSender extends RidSender {
  /** Reads certificate, key, CA and CRL again, for new connections. Throws GatewayError 'config-invalid' and goes on as before. */
  reload(): void
}

/**
 * The HTTPS client side towards one receiver (RFC 6546 §3), which must show a certificate of our CA that has the DNS-ID of its URL
 * or of its identity, or the fingerprint of its identity. Throws GatewayError 'config-invalid' when the URL is no https URL or the
 * TLS files cannot be used.
 */
export function createRidSender(options: RidSenderOptions): ReloadableRidSender {
  const { receiver, tls, readReply, tell, now = Date.now } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const url = httpsUrl(receiver)
  const peer = receiver.name
  let agent = createAgent(receiver, url, tls, limits)

  /** Throws what undici throws. */
  async function post(xml: string, signal: AbortSignal): Promise<PeerResponse> {
    const response = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      // exactly this: there are peers that refuse a charset parameter
      headers: { 'content-type': 'text/xml' },
      body: Buffer.from(xml, 'utf8'),
      signal,
    })
    const header = (name: string) => [response.headers[name]].flat()[0]
    return {
      status: response.statusCode,
      contentType: header('content-type'),
      retryAfter: header('retry-after'),
      callbackToken: header('rid-callback-token'),
      body: await readBody(response),
    }
  }

  async function judgeReply(response: PeerResponse, request: MsgType | undefined): Promise<SendOutcome> {
    const { status, contentType, body } = response
    options.observe?.(response)
    const about = { peer, status, contentType: excerpt(contentType ?? ''), bytes: body?.length }
    if (status < 200 || status > 299) {
      tell('peer-refused', about)
      return refusedOutcome(response, now())
    }
    if (body !== undefined && isBlank(body)) return bodilessOutcome(response)
    const reply = await read(response)
    // it may say Denied: asking again is idempotent, guessing is not
    if (reply === 'busy') return { kind: 'retry', reason: 'Too busy to read the reply', destinationDown: false }
    const outcome = repliedOutcome(response, reply, request, receiver.replies)
    const noted =
      outcome.kind === 'delivered' && outcome.note?.code === 'improper-reply' ? outcome.note.text : undefined
    const note = reply.kind === 'improper' ? `improper reply: ${reply.reason}` : noted
    // RFC 6546 §3: an improper reply MUST be logged and shown to the administrator
    if (note !== undefined) tell('improper-reply', { ...about, note: printable(note), beginning: beginningOf(body) })
    return outcome
  }

  async function read({ body, contentType }: PeerResponse): Promise<Reply | 'busy'> {
    if (body === undefined) return { kind: 'improper', reason: 'longer than the limit' }
    try {
      return await readReply(body, parseContentType(contentType ?? '')?.charset)
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'intake-busy') return 'busy'
      tell('reply-unreadable', { peer, err: error })
      return { kind: 'improper', reason: 'not readable' }
    }
  }

  return {
    async send({ xml, msgType }, signal) {
      const either = new AbortController()
      let late = false
      const end = () => either.abort(CUT_SHORT)
      const timer = setTimeout(() => {
        late = true
        end()
      }, limits.whole)
      signal.addEventListener('abort', end)
      if (signal.aborted) end()
      let response: PeerResponse
      try {
        response = await post(xml, either.signal).catch((error: unknown) => {
          // A peer may close an idle connection just when we use it. Once more, on a new one: sending is idempotent (§3).
          if (!either.signal.aborted && isReset(error)) return post(xml, either.signal)
          throw error
        })
      } catch (error) {
        if (signal.aborted) return { kind: 'retry', reason: 'The gateway stopped sending', destinationDown: false }
        const reason = late ? `no answer within ${limits.whole / 1000} s` : networkReason(error, tls)
        tell('peer-away', { peer, reason })
        return { kind: 'retry', reason: `The peer cannot be reached: ${reason}`, destinationDown: true }
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
      }
      return judgeReply(response, msgType)
    },
    reload() {
      const old = agent
      agent = createAgent(receiver, url, tls, limits)
      old.close().catch((error: unknown) => tell('peer-connections-left', { peer, err: error }))
    },
    async [Symbol.asyncDispose]() {
      await agent.destroy()
    },
  }
}

function httpsUrl({ name, url }: Receiver): URL {
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 'https:') throw new GatewayError('config-invalid', `peer ${name}: url must be an https URL`)
  return parsed
}

function createAgent({ identity }: Receiver, url: URL, tls: TlsFiles, limits: SenderLimits): Agent {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const name = isIP(host) === 0 ? host : identity.dns
  return new Agent({
    connections: limits.connections,
    pipelining: 1,
    allowH2: false,
    maxResponseSize: limits.maxReply,
    // the deadline is send's; undici's own timers are coarse
    headersTimeout: limits.whole + 1_000,
    bodyTimeout: limits.whole + 1_000,
    connect: {
      ...loadTls(tls).context,
      ...(name === undefined ? {} : { servername: name }),
      rejectUnauthorized: true,
      timeout: limits.connect,
      allowH2: false,
      // a resumed session is not checked for its identity again
      maxCachedSessions: 0,
      checkServerIdentity: (_host: string, shown: PeerCertificate) => refuseStranger(identity, host, shown.raw),
    },
  })
}

/** The certificate already hangs on our CA; this is whether it is the peer's. CNs and wildcards do not count (RFC 6546 §3). */
function refuseStranger({ dns, fingerprint }: Receiver['identity'], host: string, raw: Buffer): Error | undefined {
  const certificate = new X509Certificate(raw)
  const isPeers =
    !hasWildcard(certificate) &&
    ((fingerprint !== undefined && hasFingerprint(certificate, fingerprint)) ||
      (isIP(host) === 0 ? hasDnsId(certificate, host) : certificate.checkIP(host) !== undefined) ||
      (dns !== undefined && hasDnsId(certificate, dns)))
  if (isPeers) return undefined
  return Object.assign(new Error("The certificate is not the peer's"), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
}

/** The whole body; undefined when it is over the limit. */
async function readBody({ body }: Dispatcher.ResponseData): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await body.arrayBuffer())
  } catch (error) {
    if (error instanceof errors.ResponseExceededMaxSizeError) return undefined
    throw error
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function isReset(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')
}

/** OpenSSL's, Node's or undici's code, in words where it is of TLS, or the error's name: texts may name addresses and files. */
function networkReason(error: unknown, { cert }: TlsFiles): string {
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown failure')
  if (!isReset(error)) return networkWords(code)
  // in TLS 1.3 a server sees our certificate when for us the handshake is over: it can but hang up
  return isForClients(cert)
    ? `it closed the connection before it answered, as one does that does not take our certificate (${code})`
    : `TLS handshake failed: our certificate is not for clients, its extended key usage lacks clientAuth (${code})`
}

function isForClients(cert: string): boolean {
  try {
    const { keyUsage } = new X509Certificate(readFileSync(cert))
    return keyUsage === undefined || keyUsage.includes(CLIENT_AUTH)
  } catch {
    return true
  }
}

/** RFC 5280 §4.2.1.12: id-kp-clientAuth */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

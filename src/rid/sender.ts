import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { TlsFiles } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { SendOutcome } from '../outcome.ts'
import { printable } from '../printable.ts'
import type { Tell } from '../tell.ts'
import type { MsgType } from '../vocabulary.ts'
import { createAddresses } from './addresses.ts'
import { bareHost, createAgent, httpsUrl } from './agent.ts'
import { credentials } from './basic-header.ts'
import { CALLBACK_TOKEN } from './callback.ts'
import { parseContentType } from './content-type.ts'
import type { OutgoingMessage, ReadReply, Receiver, Reply, RidSender } from './contract.ts'
import { repliesTo } from './exchange.ts'
import { askOverHttp } from './http-answer.ts'
import { isReset, isUnreachable, networkReason } from './network-reason.ts'
import type { SenderNews } from './news.ts'
import type { RidSystem } from './node.ts'
import {
  type Asked,
  beginningOf,
  bodilessOutcome,
  excerpt,
  isBlank,
  type Judged,
  type PeerResponse,
  refusedOutcome,
  repliedOutcome,
} from './reply-outcome.ts'
import { isSame, loadTls, lookAgainAt, type TlsMaterial } from './tls.ts'

interface SenderLimits {
  /** ms to a TCP connection and TLS session */
  readonly connect: number
  /** ms to the end of the reply */
  readonly whole: number
  /** bytes of the reply to a message that only an Acknowledgement may answer (RFC 6546 Table 1) */
  readonly maxAcknowledgement: number
  /** bytes of any other reply: it may hold a document */
  readonly maxReply: number
  readonly connections: number
  /** ms after which connections are made anew */
  readonly age: number
}

// RFC 6546 §3: "about thirty seconds". With a probe every 10 s at most, a peer behind a network that forgot its connections
// has its messages a minute after the network is well.
const DEFAULT_LIMITS: SenderLimits = {
  connect: 10_000,
  whole: 30_000,
  // it has about 1 KiB
  maxAcknowledgement: 64 * 1024,
  maxReply: 1024 * 1024,
  connections: 4,
  age: 3_600_000,
}

/** ms that are given to an address while there is another one to try */
const NEXT = 3_000

/** Connections to one address of the receiver. */
interface Link {
  readonly to: RidSystem & { readonly address: string }
  /** ms since the epoch */
  lookAgain: number
  readonly agent: ReturnType<typeof createAgent>
}

const UNREAD = { 'too-large': 'longer than the limit', crumbs: 'in very many tiny pieces' }

/** made once: an AbortController's own reason carries a stack trace */
const CUT_SHORT = new Error('cut short')

export interface RidSenderOptions {
  readonly receiver: Receiver
  readonly tls: TlsFiles
  /** what these hold [read now] */
  readonly material?: TlsMaterial
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
  /** The same with what these files hold. Never throws. */
  use(material: TlsMaterial): void
  /** Nothing more is meant for it: its connections end with what is being sent. Resolves when that is over. */
  retire(): Promise<void>
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
  const addresses = createAddresses(bareHost(url), now)
  const name = receiver.identity.dns ?? (isIP(bareHost(url)) === 0 ? url.hostname : undefined)
  let material = options.material ?? loadTls(tls)
  let link: Link | undefined
  let sending = 0
  /** an attempt that began before may still send */
  let retired: PromiseWithResolvers<void> | undefined

  /** The connections to that address, made anew where what their handshakes looked at may be otherwise by now. */
  function linkTo(address: string, connect: number): Link {
    if (link?.to.address === address && now() < link.lookAgain) return link
    const connected = (certificate: X509Certificate) => {
      fresh.lookAgain = Math.min(fresh.lookAgain, lookAgainAt(certificate, material, now()), now() + limits.age)
    }
    const agent = createAgent({ receiver, url, address, material, limits: { ...limits, connect }, connected })
    const fresh: Link = { to: { name, address }, agent, lookAgain: Number.POSITIVE_INFINITY }
    letGo(link)
    link = fresh
    return fresh
  }

  function letGo(old: Link | undefined): void {
    old?.agent.close().catch((error: unknown) => tell('peer-connections-left', { peer, err: error }))
  }

  /** To the first of the receiver's addresses that can be reached. Throws what the resolver or undici throws. */
  async function post(message: OutgoingMessage, signal: AbortSignal): Promise<PeerResponse> {
    const candidates = addresses.known() ?? (await inTime(addresses.candidates(), signal))
    for (const [i, address] of candidates.entries()) {
      const isLast = i === candidates.length - 1
      try {
        const response = await postTo(
          address,
          isLast ? limits.connect : Math.min(limits.connect, NEXT),
          message,
          signal,
        )
        addresses.worked(address)
        return response
      } catch (error) {
        if (isLast || signal.aborted || !isUnreachable(error)) throw error
      }
    }
    throw Object.assign(new Error('The name has no address'), { code: 'ENODATA' })
  }

  async function postTo(address: string, connect: number, message: OutgoingMessage, signal: AbortSignal) {
    const { write, msgType, callbackToken: token } = message
    const { agent, to } = linkTo(address, connect)
    const request = {
      origin: url.origin,
      path: '/',
      method: 'POST',
      // exactly this: there are peers that refuse a charset parameter
      headers: {
        'content-type': 'text/xml',
        ...credentials(receiver),
        ...(token !== undefined && { [CALLBACK_TOKEN]: token }),
      },
      body: Buffer.from(write(to), 'utf8'),
    }
    const { header, ...answer } = await askOverHttp(agent, request, bound(msgType), signal)
    return {
      ...answer,
      contentType: header('content-type'),
      retryAfter: header('retry-after'),
      callbackToken: header(CALLBACK_TOKEN),
    }
  }

  function bound(msgType: MsgType | undefined): number {
    const short = msgType !== undefined && repliesTo(msgType).every((reply) => reply === 'Acknowledgement')
    return short ? Math.min(limits.maxAcknowledgement, limits.maxReply) : limits.maxReply
  }

  async function judgeReply(response: PeerResponse, message: OutgoingMessage): Promise<SendOutcome> {
    const { status, contentType, body } = response
    options.observe?.(response)
    const about = { peer, status, contentType: excerpt(contentType ?? ''), bytes: body?.length }
    if (status < 200 || status > 299) {
      tell('peer-refused', about)
      return refusedOutcome(response, now())
    }
    const judged = await judge(response, {
      request: message.msgType,
      replies: receiver.replies,
      callback: message.callbackToken !== undefined,
    })
    if (judged === 'busy') return { kind: 'retry', reason: 'Too busy to read the reply', destinationDown: false }
    const { improper, outcome } = judged
    if (improper !== undefined) {
      tell('improper-reply', { ...about, note: printable(improper), beginning: beginningOf(body) })
    }
    return outcome
  }

  async function judge(response: PeerResponse, asked: Asked): Promise<Judged | 'busy'> {
    if (response.body !== undefined && isBlank(response.body)) return bodilessOutcome(response, asked)
    const reply = await read(response)
    // it may say Denied: asking again is idempotent, guessing is not
    return reply === 'busy' ? reply : repliedOutcome(response, reply, asked)
  }

  async function read({ body, contentType, unread = 'too-large' }: PeerResponse): Promise<Reply | 'busy'> {
    if (body === undefined) return { kind: 'improper', reason: UNREAD[unread] }
    try {
      return await readReply(body, parseContentType(contentType ?? '')?.charset)
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'intake-busy') return 'busy'
      tell('reply-unreadable', { peer, err: error })
      return { kind: 'improper', reason: 'not readable' }
    }
  }

  function use(fresh: TlsMaterial): void {
    if (isSame(fresh, material)) return
    material = fresh
    letGo(link)
    link = undefined
  }

  function endIfIdle(): void {
    if (retired === undefined || sending > 0) return
    letGo(link)
    link = undefined
    retired.resolve()
  }

  return {
    send(message, signal) {
      sending += 1
      return sendNow(message, signal).finally(() => {
        sending -= 1
        endIfIdle()
      })
    },
    reload() {
      use(loadTls(tls))
    },
    use,
    retire() {
      retired ??= Promise.withResolvers<void>()
      endIfIdle()
      return retired.promise
    },
    async [Symbol.asyncDispose]() {
      await link?.agent.destroy()
    },
  }

  async function sendNow(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
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
      response = await post(message, either.signal).catch((error: unknown) => {
        // A peer may close an idle connection just when we use it. Once more, on a new one: sending is idempotent (§3).
        if (!either.signal.aborted && isReset(error)) return post(message, either.signal)
        throw error
      })
    } catch (error) {
      if (signal.aborted) return { kind: 'retry', reason: 'The gateway stopped sending', destinationDown: false }
      const tooLate = `The peer cannot be reached: no answer within ${limits.whole / 1000} s`
      const { reason, code } = late ? { reason: tooLate, code: 'timeout' } : networkReason(error, tls)
      tell('peer-away', { peer, reason, code })
      return { kind: 'retry', reason, destinationDown: true }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    }
    message.heard?.(response)
    return judgeReply(response, message)
  }
}

/** The resolver takes no signal. */
function inTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>()
  const end = () => reject(CUT_SHORT)
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  return Promise.race([promise, cut]).finally(() => signal.removeEventListener('abort', end))
}

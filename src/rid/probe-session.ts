import type { TlsFiles } from '../config/types.ts'
import { createAddresses } from './addresses.ts'
import { bareHost, createAgent } from './agent.ts'
import { credentials } from './basic-header.ts'
import { CALLBACK_TOKEN } from './callback.ts'
import type { Receiver } from './contract.ts'
import { askOverHttp } from './http-answer.ts'
import { networkReason } from './network-reason.ts'
import type { RidSystem } from './node.ts'
import { type HandshakeOutcome, shakeHands } from './probe-tls.ts'
import type { PeerResponse } from './reply-outcome.ts'
import { loadTls } from './tls.ts'

export interface ProbeRequest {
  readonly method: string
  readonly path: string
  readonly contentType?: string
  readonly body?: Uint8Array
}

export interface ProbeResponse extends PeerResponse {
  readonly kind: 'answered'
  readonly location: string | undefined
}

export type Probed = ProbeResponse | { readonly kind: 'failed'; readonly reason: string }

/** Asks one receiver one thing after another, whatever it answers. Nothing rejects for what network or receiver do. */
export interface ProbeSession extends AsyncDisposable {
  /** whom it is, and at which address */
  readonly to: RidSystem
  shakeHands(options?: { readonly old?: boolean }): Promise<HandshakeOutcome>
  /** With our certificate, or as somebody who has none. Only to whom the receiver's certificate shows. */
  ask(request: ProbeRequest, options?: { readonly anonymous?: boolean }): Promise<Probed>
  /** TLS sessions that `ask` has begun with our certificate */
  connections(): number
}

/** ms to a connection, and to the answer; bytes of a reply */
const LIMITS = { connect: 8_000, whole: 30_000, maxReply: 1024 * 1024, connections: 1 }

/** Throws GatewayError 'config-invalid' for our own files; rejects with what the resolver says. */
export async function openProbe(receiver: Receiver, tls: TlsFiles): Promise<ProbeSession> {
  const material = loadTls(tls)
  const { cert: _, key: __, ...anonymous } = material.context
  const url = new URL(receiver.url)
  const host = bareHost(url)
  const address = await reachable()
  let connections = 0
  const known = createAgent({
    receiver,
    url,
    address,
    material,
    limits: LIMITS,
    connected: () => undefined,
    opened: () => {
      connections += 1
    },
  })
  const nobody = createAgent({
    receiver,
    url,
    address,
    material: { ...material, context: anonymous },
    limits: LIMITS,
    connected: () => undefined,
  })

  async function reachable(): Promise<string> {
    const candidates = await createAddresses(host, Date.now).candidates()
    for (const candidate of candidates.slice(0, -1)) {
      if ((await shakeHands(receiver, candidate, material)).kind === 'shown') return candidate
    }
    const [last] = candidates.slice(-1)
    if (last === undefined) throw Object.assign(new Error('The name has no address'), { code: 'ENODATA' })
    return last
  }

  return {
    to: { name: receiver.identity.dns ?? (host === address ? undefined : host), address },
    shakeHands: (options) => shakeHands(receiver, address, material, options),
    async ask({ method, path, contentType, body }, { anonymous: asNobody = false } = {}) {
      try {
        const request = {
          origin: url.origin,
          path,
          method,
          headers: {
            ...(contentType !== undefined && { 'content-type': contentType }),
            ...(!asNobody && credentials(receiver)),
          },
          ...(body === undefined ? {} : { body }),
        }
        const agent = asNobody ? nobody : known
        const { header, ...answer } = await askOverHttp(
          agent,
          request,
          LIMITS.maxReply,
          AbortSignal.timeout(LIMITS.whole),
        )
        return {
          kind: 'answered',
          ...answer,
          contentType: header('content-type'),
          retryAfter: header('retry-after'),
          location: header('location'),
          callbackToken: header(CALLBACK_TOKEN),
        }
      } catch (error) {
        return { kind: 'failed', reason: networkReason(error, tls).reason }
      }
    },
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      await Promise.all([known.destroy(), nobody.destroy()])
    },
  }
}

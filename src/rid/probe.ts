import type { X509Certificate } from 'node:crypto'
import type { TlsFiles } from '../config/types.ts'
import { createAddresses } from './addresses.ts'
import { bareHost, createAgent } from './agent.ts'
import { credentials } from './basic-header.ts'
import type { Receiver } from './contract.ts'
import { isReset, isUnreachable, networkReason } from './network-reason.ts'
import { loadTls } from './tls.ts'

type Probed =
  /** TLS is there, with both certificates taken; `certificate` is the receiver's */
  | { readonly kind: 'answered'; readonly status: number; readonly certificate: X509Certificate | undefined }
  /** `refused`: it is there, and one of the two does not take the other's certificate */
  | { readonly kind: 'failed'; readonly reason: string; readonly refused: boolean }

/** ms to a connection, and to the answer */
const LIMITS = { connect: 8_000, whole: 15_000, maxReply: 65_536, connections: 1 }

/**
 * Asks a receiver GET / by the same TLS as a message is sent (RFC 6546 §3). In TLS 1.3 it is the answer that shows that our certificate was
 * taken. Never rejects for what network or receiver do; throws GatewayError 'config-invalid' for our own files.
 */
export async function probeReceiver(receiver: Receiver, tls: TlsFiles): Promise<Probed> {
  const material = loadTls(tls)
  const url = new URL(receiver.url)
  let failed: Probed = { kind: 'failed', reason: 'Its name has no address', refused: false }
  try {
    for (const address of await createAddresses(bareHost(url), Date.now).candidates()) {
      let certificate: X509Certificate | undefined
      const connected = (shown: X509Certificate) => {
        certificate = shown
      }
      const agent = createAgent({ receiver, url, address, material, limits: LIMITS, connected })
      try {
        const signal = AbortSignal.timeout(LIMITS.whole)
        const { statusCode, body } = await agent.request({
          origin: url.origin,
          path: '/',
          method: 'GET',
          headers: credentials(receiver),
          signal,
        })
        await body.dump().catch(() => undefined)
        return { kind: 'answered', status: statusCode, certificate }
      } catch (error) {
        const { reason, isTls } = networkReason(error, tls)
        // it hung up when it had seen ours
        failed = { kind: 'failed', reason, refused: isTls || (certificate !== undefined && isReset(error)) }
        if (!isUnreachable(error)) return failed
      } finally {
        await agent.destroy()
      }
    }
  } catch (error) {
    return { kind: 'failed', reason: networkReason(error, tls).reason, refused: false }
  }
  return failed
}

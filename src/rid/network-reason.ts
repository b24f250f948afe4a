import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GatewayError } from '../errors.ts'
import { codeOf, networkWords, type TlsKeys, tlsWords } from '../failure-words.ts'

export const RID_KEYS: TlsKeys = { ca: 'rid.tls.ca', crl: 'rid.tls.crl' }

export function isReset(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')
}

/** Codes of a connection that never came about: nothing was sent, and another address of the same host may do. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ETIMEDOUT'],
  'UND_ERR_CONNECT_TIMEOUT',
])

export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.has(codeOf(error) ?? '')
}

/** Why nothing could be sent, for people, and the code of whoever noticed. */
interface NetworkReason {
  readonly reason: string
  readonly code: string
  /** it is about a certificate, or else of TLS */
  readonly isTls: boolean
}

/** Texts of Node.js, OpenSSL and undici may name addresses and files, and help nobody: words of our own stand for their codes. */
export function networkReason(error: unknown, { cert }: { readonly cert: string }): NetworkReason {
  // our own password for it
  if (error instanceof GatewayError)
    return { reason: `Nothing could be sent: ${error.detail}`, code: error.code, isTls: false }
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown')
  // in TLS 1.3 a server sees our certificate when for us the handshake is over: it can but hang up
  if (isReset(error)) {
    const isTls = !isForClients(cert)
    const reason = !isTls
      ? 'The peer cannot be reached: it closed the connection before it answered, as one does that does not take our certificate'
      : 'TLS handshake with the peer failed: our certificate is not for clients, its extended key usage lacks clientAuth'
    return { reason, code, isTls }
  }
  const words = strangerWords(error) ?? tlsWords(code, RID_KEYS)
  if (words !== undefined) return { reason: `TLS handshake with the peer failed: ${words}`, code, isTls: true }
  return { reason: `The peer cannot be reached: ${networkWords(code)}`, code, isTls: false }
}

/** Whose certificate it is instead, where that is known. */
function strangerWords(error: unknown): string | undefined {
  return error instanceof Error && 'words' in error && typeof error.words === 'string' ? error.words : undefined
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

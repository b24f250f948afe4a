import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { networkWords } from './tls-words.ts'

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

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

/** OpenSSL's, Node's or undici's code, in words where it is of TLS, or the error's name: texts may name addresses and files. */
export function networkReason(error: unknown, { cert }: { readonly cert: string }): string {
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

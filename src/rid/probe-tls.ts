import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { tlsWords } from '../failure-words.ts'
import { bareHost } from './agent.ts'
import type { Receiver } from './contract.ts'
import { networkReason, RID_KEYS } from './network-reason.ts'
import { refuseStranger } from './peers.ts'
import type { TlsMaterial } from './tls.ts'

/** What a receiver shows in a handshake that nothing is sent behind. */
interface Handshake {
  readonly kind: 'shown'
  /** `TLSv1.3` */
  readonly protocol: string
  readonly certificate: X509Certificate
  /** why it does not hang on our CA, as half a sentence; null: it does */
  readonly untrusted: string | null
  /** why it is not that of the receiver; null: it is */
  readonly stranger: string | null
}

export type HandshakeOutcome = Handshake | { readonly kind: 'failed'; readonly reason: string; readonly code: string }

/** ms */
const LONGEST = 8_000

/** SSL 3 and older nobody can even ask for; OpenSSL asks for TLS 1.0 and 1.1 where it is told that security does not matter. */
const OLD: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }

/** A handshake with that address of the receiver; `old`: by TLS 1.0 or 1.1 alone, which it should refuse. Never rejects. */
export function shakeHands(
  { url: written, identity }: Receiver,
  address: string,
  material: TlsMaterial,
  { old = false }: { readonly old?: boolean } = {},
): Promise<HandshakeOutcome> {
  const url = new URL(written)
  const host = bareHost(url)
  const servername = isIP(host) === 0 ? host : identity.dns
  return new Promise((resolve) => {
    const socket = connect({
      ...material.context,
      ...(old ? OLD : {}),
      host: address,
      port: Number(url.port || '443'),
      ...(servername === undefined ? {} : { servername }),
      // it is looked at, and nothing is sent to whoever it is
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
    const settle = (outcome: HandshakeOutcome) => {
      socket.destroy()
      resolve(outcome)
    }
    socket.setTimeout(LONGEST, () => settle({ kind: 'failed', reason: 'it does not answer', code: 'timeout' }))
    socket.once('error', (error) => settle({ kind: 'failed', ...networkReason(error, { cert: '' }) }))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      if (certificate === undefined) return settle({ kind: 'failed', reason: 'it shows no certificate', code: 'none' })
      const code = socket.authorizationError
      const untrusted = code ? (tlsWords(String(code), RID_KEYS) ?? String(code)) : null
      const stranger = refuseStranger(identity, host, certificate)
      const words = stranger && 'words' in stranger && typeof stranger.words === 'string' ? stranger.words : null
      const found = { untrusted, stranger: stranger === undefined ? null : (words ?? stranger.message) }
      settle({ kind: 'shown', protocol: socket.getProtocol() ?? 'unknown', certificate, ...found })
    })
  })
}

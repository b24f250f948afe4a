import type { TLSSocket } from 'node:tls'
import type { GridAuth } from '../../config/types.ts'
import { GatewayError } from '../../errors.ts'
import type { Mechanism } from './mechanism.ts'
import { type ChannelBinding, scram } from './scram.ts'

/** What the server offers inside TLS. */
interface Offer {
  readonly mechanisms: readonly string[]
  /** XEP-0440; undefined when the server does not say */
  readonly bindings: readonly string[] | undefined
}

/**
 * The best mechanism that both sides have, in the order of RFC 8600 §8.3.1: EXTERNAL where it is configured, else
 * SCRAM-SHA-512-PLUS, SCRAM-SHA-512 and so on with SHA-256 and SHA-1, and PLAIN only where it is allowed. Throws GatewayError
 * 'grid-auth' when there is none: nothing weaker is ever tried.
 */
export function selectMechanism(auth: GridAuth, address: { local: string }, offer: Offer, tls: TLSSocket): Mechanism {
  const offers = (name: string) => offer.mechanisms.includes(name)
  if (auth.kind === 'external') {
    if (offers('EXTERNAL')) return external()
    throw new GatewayError('grid-auth', 'It does not take the client certificate: EXTERNAL is not offered.')
  }
  const username = address.local
  const password = readPassword(auth)
  const own = channelBinding(tls)
  // Which type a server takes it says by XEP-0440. Without that, -PLUS means tls-unique (RFC 5929): true of Prosody 0.12, and
  // of ejabberd 23.01, which offers it with TLS 1.3 too, where there is no such thing.
  const usable = own && (offer.bindings ?? ['tls-unique']).includes(own.type) ? own : undefined
  const plus = offer.mechanisms.some((name) => name.startsWith('SCRAM-') && name.endsWith('-PLUS'))
  // `y` only when nothing with -PLUS is on offer: else the server must refuse it (RFC 5802 §6)
  const unbound: ChannelBinding = { kind: own && !plus ? 'unoffered' : 'none' }
  for (const [hash, base] of [
    ['sha512', 'SCRAM-SHA-512'],
    ['sha256', 'SCRAM-SHA-256'],
    ['sha1', 'SCRAM-SHA-1'],
  ] as const) {
    if (usable && offers(`${base}-PLUS`)) return scram({ hash, username, password, binding: usable })
    if (offers(base)) return scram({ hash, username, password, binding: unbound })
  }
  if (auth.allowPlain && offers('PLAIN')) return plain(username, password)
  const names = offer.mechanisms.map((name) => name.slice(0, 30)).slice(0, 10)
  throw new GatewayError('grid-auth', `No mechanism in common: it offers ${names.join(', ') || 'none'}.`)
}

function readPassword(auth: GridAuth & { kind: 'password' }): string {
  try {
    return auth.readPassword()
  } catch (error) {
    throw new GatewayError('grid-auth', 'The password cannot be read.', { cause: error })
  }
}

/** RFC 9266 with TLS 1.3, RFC 5929 §3 below. */
function channelBinding(tls: TLSSocket): (ChannelBinding & { kind: 'bound' }) | undefined {
  if (tls.getProtocol() === 'TLSv1.3') {
    const data = tls.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    return { kind: 'bound', type: 'tls-exporter', data }
  }
  // the first Finished message of the handshake: the client's, as sessions are never resumed here
  const data = tls.isSessionReused() ? undefined : tls.getFinished()
  return data ? { kind: 'bound', type: 'tls-unique', data } : undefined
}

/** RFC 4422 appendix A. The identity is the certificate's own: no other is asked for (XEP-0178 §2). */
function external(): Mechanism {
  return { name: 'EXTERNAL', start: () => '', challenge: async () => '', success: () => {} }
}

/** RFC 4616. Proves nothing about the server but what TLS did. */
function plain(username: string, password: string): Mechanism {
  return { name: 'PLAIN', start: () => `\0${username}\0${password}`, challenge: async () => '', success: () => {} }
}

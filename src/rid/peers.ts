import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { PeerConfig } from '../config/types.ts'
import { printable } from '../printable.ts'

/** Who presents this certificate; undefined for nobody's. */
export type FindPeer = (certificate: X509Certificate) => PeerConfig | undefined

/**
 * The lookup over the configured peers (RFC 6546 §3). Where a peer has both a DNS-ID and a fingerprint, the certificate must
 * match both. A peer named by fingerprint goes before one named by DNS-ID alone; then the order of the configuration decides.
 */
export function createFindPeer(peers: readonly PeerConfig[]): FindPeer {
  const whitelisted = peers.filter((peer) => peer.identity.fingerprint !== undefined)
  const named = peers.filter((peer) => peer.identity.fingerprint === undefined && peer.identity.dns !== undefined)
  const order = [...whitelisted, ...named]
  return (certificate) => (hasWildcard(certificate) ? undefined : order.find((peer) => isPeer(certificate, peer)))
}

function isPeer(certificate: X509Certificate, { identity }: PeerConfig): boolean {
  const { dns, fingerprint } = identity
  if (dns === undefined && fingerprint === undefined) return false
  if (fingerprint !== undefined && !hasFingerprint(certificate, fingerprint)) return false
  return dns === undefined || hasDnsId(certificate, dns)
}

/**
 * Why a server's certificate, which hangs on our CA, is not that of the receiver at `host`; undefined where it is. As on the way in, a
 * configured fingerprint must fit. Beside it a name is asked for only where one is configured: then it, or that of the URL.
 */
export function refuseStranger(
  { dns, fingerprint }: PeerConfig['identity'],
  host: string,
  certificate: X509Certificate,
): Error | undefined {
  const pinned = fingerprint === undefined || hasFingerprint(certificate, fingerprint)
  const named =
    (fingerprint !== undefined && dns === undefined) ||
    (isIP(host) === 0 ? hasDnsId(certificate, host) : certificate.checkIP(host) !== undefined) ||
    (dns !== undefined && hasDnsId(certificate, dns))
  if (pinned && named && !hasWildcard(certificate)) return undefined
  const code = 'ERR_TLS_CERT_ALTNAME_INVALID'
  return Object.assign(new Error("The certificate is not the peer's"), {
    code,
    words: strangers(certificate, host, pinned),
  })
}

/** Half a sentence: whose it is, and whose it should be. */
function strangers(certificate: X509Certificate, host: string, pinned: boolean): string {
  if (!pinned) return `its certificate has another fingerprint than identity says: ${certificate.fingerprint256}`
  const names = printable(certificate.subjectAltName ?? '').slice(0, 300)
  if (hasWildcard(certificate)) return `its certificate is for a wildcard, which RID does not take: ${names}`
  return names === ''
    ? `its certificate names nobody (it has no subjectAltName), not ${host}`
    : `its certificate is for ${names}, not for ${host}`
}

/** Compares SHA-256 fingerprints, however written (`AB:CD`, `abcd`). */
function hasFingerprint(certificate: X509Certificate, fingerprint: string): boolean {
  const normalise = (value: string) => value.replace(/[^0-9a-f]/gi, '').toLowerCase()
  return normalise(certificate.fingerprint256) === normalise(fingerprint)
}

/**
 * Whether the certificate has that DNS-ID (RFC 6125 §6.4.2): subjectAltName only, never the CN, no wildcards. OpenSSL
 * compares, because `subjectAltName` is a text for people: a name holding `, DNS:admin.example` must not become two.
 */
export function hasDnsId(certificate: X509Certificate, name: string): boolean {
  const reference = name.replace(/\.$/, '')
  // OpenSSL takes `.example` for "any host under example"
  if (reference === '' || reference.startsWith('.')) return false
  return certificate.checkHost(reference, { subject: 'never', wildcards: false }) !== undefined
}

/**
 * "Wildcards MUST NOT appear in the DNS-ID or CN-ID of a certificate identifying a RID system" (RFC 6546 §3). Any `*` counts, of
 * whatever name type: taking these texts apart would be guessing.
 */
export function hasWildcard(certificate: X509Certificate): boolean {
  const commonName = certificate.subject?.split('\n').some((line) => line.startsWith('CN=') && line.includes('*'))
  return commonName === true || (certificate.subjectAltName?.includes('*') ?? false)
}

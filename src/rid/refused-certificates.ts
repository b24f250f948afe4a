import type { X509Certificate } from 'node:crypto'
import { printable } from '../printable.ts'
import { hasDnsId, hasWildcard } from './peers.ts'

/** A client whose certificate comes from a CA of `rid.tls.ca`, and is no peer's: what it sends is answered 403. */
export interface RefusedCertificate {
  /** SHA-256 */
  readonly fingerprint: string
  readonly subject: string
  /** its subjectAltName, as OpenSSL writes it */
  readonly names: string
  /** DNS names by which it can be a peer (RFC 6546 §3): none of one with a wildcard */
  readonly dns: readonly string[]
  /** where it came from last */
  readonly remote: string
  /** ms since the epoch */
  readonly first: number
  readonly last: number
  readonly connections: number
}

/** certificates that are remembered */
const MOST = 100
/** characters of what a stranger's certificate says */
const LONGEST = 300
/** names that are tried */
const NAMES = 20

/** The certificates of strangers, the one seen longest ago gives way to a new one. */
export class RefusedCertificates {
  readonly #known = new Map<string, RefusedCertificate>()

  /** What there is to tell, of one that is not remembered. */
  note(certificate: X509Certificate, remote: string, now: number): RefusedCertificate | undefined {
    const fingerprint = certificate.fingerprint256
    const known = this.#known.get(fingerprint)
    // last seen comes last
    this.#known.delete(fingerprint)
    const seen = known
      ? { ...known, remote, last: now, connections: known.connections + 1 }
      : { ...described(certificate), remote, first: now, last: now, connections: 1 }
    this.#known.set(fingerprint, seen)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest)
    return known === undefined ? seen : undefined
  }

  /** The one seen last comes first. */
  list(): RefusedCertificate[] {
    return [...this.#known.values()].reverse()
  }
}

function described(
  certificate: X509Certificate,
): Pick<RefusedCertificate, 'fingerprint' | 'subject' | 'names' | 'dns'> {
  const { fingerprint256, subject = '', subjectAltName = '' } = certificate
  const written = subjectAltName
    .slice(0, 10_000)
    .split(', ')
    .flatMap((name) => /^DNS:([a-z0-9._-]+)$/i.exec(name)?.[1] ?? [])
  // that is a text for people: what it seems to say is asked of OpenSSL
  const dns = hasWildcard(certificate) ? [] : written.slice(0, NAMES).filter((name) => hasDnsId(certificate, name))
  return {
    fingerprint: fingerprint256,
    subject: cut((subject ?? '').replaceAll('\n', ', ')),
    names: cut(subjectAltName),
    dns,
  }
}

function cut(text: string): string {
  return printable(text).slice(0, LONGEST)
}

import { constants, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { TlsFiles } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import { type Crl, crlBlocks, isRevoked, readCrl, withoutList } from '../x509/crl.ts'

/** What the TLS files hold, read and tried. */
export interface TlsMaterial {
  /** every option a context needs: what is left out of setSecureContext is forgotten, a left out `crl` accepts the revoked */
  readonly context: SecureContextOptions
  readonly authorities: readonly X509Certificate[]
  readonly crls: readonly Crl[]
  readonly expiry: readonly Expiry[]
  readonly lists: Lists
}

/** What the revocation lists leave out, where there are any. */
export interface Lists {
  /** subjects of the CAs that have none: whoever one of them certified is refused */
  readonly lacking: readonly string[]
  /** none has one: everybody is refused */
  readonly none: boolean
}

export interface Expiry {
  readonly name: 'rid-certificate' | 'rid-ca' | 'rid-crl'
  /** ms since the epoch; of several, the first to run out */
  readonly notAfter: number
}

const PROTOCOL: SecureContextOptions = {
  // RFC 6546 §3 asks for TLS 1.1, which RFC 8996 retired
  minVersion: 'TLSv1.2',
  // of TLS 1.2; those of 1.3 are all of this kind (RFC 9325 §4.2)
  ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20',
  honorCipherOrder: true,
  // A peer could change its certificate in a renegotiation; who it is was decided at the handshake. Without tickets each connection
  // has a handshake, with every look at dates and revocation: a resumed session would have none of them (to peers: agent.ts).
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
}

/** What a client needs that shows no certificate: the CAs that it trusts. Throws GatewayError 'config-invalid'. */
export function loadTrust(file: string): TlsMaterial {
  const ca = read(file, 'ca')
  if (!CERTIFICATE.test(ca)) throw new GatewayError('config-invalid', 'tls.ca: no certificate in its file')
  const authorities = certificatesIn(ca)
  return { context: { ca, ...PROTOCOL }, authorities, crls: [], expiry: [], lists: listsOf(authorities, []) }
}

/**
 * Reads certificate, key, CA and CRL and tries whether they make a TLS context.
 * Throws GatewayError 'config-invalid' and names the file that is wrong.
 */
export function loadTls(files: TlsFiles): TlsMaterial {
  const cert = read(files.cert, 'cert')
  const key = read(files.key, 'key')
  const ca = read(files.ca, 'ca')
  const crl = files.crl === undefined ? undefined : crlBlocks(read(files.crl, 'crl'))
  // Node takes an empty text for "not given": no CRL, and as CA every public one
  if (crl?.length === 0) throw new GatewayError('config-invalid', `tls.crl: no X509 CRL in ${files.crl}`)
  for (const [name, pem] of Object.entries({ cert, ca })) {
    if (!CERTIFICATE.test(pem)) throw new GatewayError('config-invalid', `tls.${name}: no certificate in its file`)
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key))
    throw new GatewayError('config-invalid', 'tls.key: no private key')
  const context: SecureContextOptions = {
    cert,
    key,
    ca,
    ...(crl === undefined ? {} : { crl }),
    ...PROTOCOL,
  }
  try {
    createSecureContext(context)
    const authorities = certificatesIn(ca)
    const crls = (crl ?? []).map(readCrl)
    const expiry = expiryOf(certificatesIn(cert), authorities, crls)
    return { context, authorities, crls, expiry, lists: listsOf(authorities, crls) }
  } catch (cause) {
    throw new GatewayError('config-invalid', 'tls: certificate, key, CA and CRL do not fit together', { cause })
  }
}

/** Whether handshakes would look at the same. */
export function isSame({ context: a }: TlsMaterial, { context: b }: TlsMaterial): boolean {
  return isDeepStrictEqual(a, b)
}

function read(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new GatewayError('config-invalid', `tls.${key}: cannot read ${path}`, { cause })
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/

function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(new RegExp(CERTIFICATE, 'g')) ?? []).map((block) => new X509Certificate(block))
}

function expiryOf(own: readonly X509Certificate[], authorities: readonly X509Certificate[], crls: readonly Crl[]) {
  const first = (name: Expiry['name'], times: readonly number[]): Expiry[] =>
    times.length === 0 ? [] : [{ name, notAfter: Math.min(...times) }]
  return [
    ...first('rid-certificate', own.map(notAfter)),
    ...first('rid-ca', authorities.map(notAfter)),
    ...first(
      'rid-crl',
      crls.flatMap((crl) => crl.nextUpdate ?? []),
    ),
  ]
}

function listsOf(authorities: readonly X509Certificate[], crls: readonly Crl[]): Lists {
  const lacking = crls.length === 0 ? [] : withoutList(authorities, crls)
  const has = authorities.some((one) => one.ca && !lacking.includes(one))
  return {
    lacking: lacking.map(({ subject }) => subject.replaceAll('\n', ', ')),
    none: lacking.length > 0 && !has,
  }
}

function notAfter(certificate: X509Certificate): number {
  return certificate.validToDate.getTime()
}

/**
 * When (ms since the epoch) a new handshake might end otherwise than the one at `now` did: at the next date of the certificate, of a CA
 * or of a revocation list. Node shows a server none of the certificates between, so that all dates count.
 */
export function lookAgainAt(certificate: X509Certificate, { authorities, crls }: TlsMaterial, now: number): number {
  const dates = [
    notAfter(certificate),
    ...authorities.map(notAfter),
    ...crls.flatMap(({ nextUpdate }) => nextUpdate ?? []),
  ]
  return Math.min(...dates.filter((date) => date > now))
}

/**
 * Whether a certificate that passed the handshake under older files would pass under these: revocation of it or of an
 * intermediate, and the root it hangs on, as far as the chain is known. Dates are not looked at.
 */
export function stillTrusted(certificate: X509Certificate, { authorities, crls }: TlsMaterial): boolean {
  for (let link: X509Certificate | undefined = certificate, depth = 0; link && depth < 10; depth += 1) {
    if (isRevoked(link, crls)) return false
    const current: X509Certificate = link
    if (authorities.some((ca) => current.checkIssued(ca) && current.verify(ca.publicKey))) return true
    link = current.issuerCertificate
  }
  return false
}

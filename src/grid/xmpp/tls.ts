import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ConnectionOptions, PeerCertificate } from 'node:tls'
import { domainToASCII } from 'node:url'
import type { GridTls } from '../../config/types.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import { codeOf, networkWords, tlsWords, withoutCode } from '../../failure-words.ts'
import { printable } from '../../printable.ts'
import { crlBlocks } from '../../x509/crl.ts'
import { srvIds } from '../../x509/srv-ids.ts'
import { systemAuthorities } from '../../x509/system-authorities.ts'

/**
 * TLS towards the Controller: its certificate must be issued by a trusted CA, valid now, name the XMPP domain (RFC 6120
 * §13.7.2, not the host that was connected to) and, where a pin is configured, carry that key. Files are read anew at every
 * call, the system's store once a process. Throws GatewayError 'grid-tls' when one cannot be read.
 */
export function tlsOptions(config: GridTls, domain: string, direct: boolean): ConnectionOptions {
  const name = domainToASCII(domain) || domain
  return {
    ca: config.ca === undefined ? systemAuthorities() : read(config.ca),
    ...(config.crl === undefined ? {} : { crl: readLists(config.crl) }),
    ...(config.cert === undefined ? {} : { cert: read(config.cert) }),
    ...(config.key === undefined ? {} : { key: read(config.key) }),
    // SNI takes no addresses (RFC 6066 §3)
    ...(isIP(name) ? {} : { servername: name }),
    // XEP-0368 §3
    ...(direct ? { ALPNProtocols: ['xmpp-client'] } : {}),
    // of TLS 1.2; those of 1.3 are all of this kind (RFC 9325 §4.2)
    ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20',
    minVersion: config.minVersion === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) => checkIdentity(name, config.pin, certificate),
  }
}

/** What is wrong with who the certificate says it is, or undefined. The chain is OpenSSL's to check. */
function checkIdentity(name: string, pin: string | undefined, peer: PeerCertificate): Error | undefined {
  const certificate = new X509Certificate(peer.raw)
  const named = isIP(name)
    ? certificate.checkIP(name)
    : certificate.checkHost(name, { subject: 'never', partialWildcards: false })
  // RFC 6120 §13.7.1.2.1: a certificate may be for this service alone (RFC 4985)
  if (named === undefined && !srvIds(certificate).includes(`_xmpp-client.${name}`.toLowerCase())) {
    const names = printable(certificate.subjectAltName ?? 'nobody').slice(0, 300)
    const text = `Its certificate does not name ${name}. It names ${names}.`
    return new GatewayError('grid-tls', text, { fields: { flaw: 'name' } })
  }
  const shown = spkiPin(certificate)
  if (pin !== undefined && shown !== pin) {
    return new GatewayError('grid-tls', `Its key is not the pinned one: it shows ${shown}.`, {
      fields: { flaw: 'pin' },
    })
  }
  return undefined
}

/** `sha256/` and the base64 SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469 §2.4). */
function spkiPin(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return `sha256/${createHash('sha256').update(spki).digest('base64')}`
}

const KEYS = { ca: 'grid.tls.ca', crl: 'grid.tls.crl' }

/** A failed TLS connection as one of our codes: no trust is 'grid-tls', a broken line 'grid-away'. Words for people; `raw` is the code. */
export function tlsError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const raw = codeOf(error)
  const words = raw === undefined ? undefined : tlsWords(raw, KEYS)
  const isLine = raw !== undefined && words === undefined && LINE.test(raw)
  return isLine
    ? lineError(error)
    : new GatewayError('grid-tls', sentence(words ?? 'the two ends do not agree'), { cause: error, fields: { raw } })
}

const LINE = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|ENOBUFS|EMFILE)/

/** A connection that failed, or never came about: 'grid-away'. */
export function lineError(error: unknown): GatewayError {
  const raw = codeOf(error)
  const text = raw === undefined ? messageOf(error) : sentence(networkWords(raw))
  return new GatewayError('grid-away', text, { cause: error, fields: { raw } })
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}

/** Each list by itself: Node reads only the first of a text. */
function readLists(file: string): string[] {
  const lists = crlBlocks(read(file).toString('latin1'))
  // Node takes none for "nobody looks"
  if (lists.length === 0) throw new GatewayError('grid-tls', `There is no revocation list in PEM in ${file}.`)
  return lists
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new GatewayError('grid-tls', `A TLS file cannot be read: ${withoutCode(messageOf(error))}`, { cause: error })
  }
}

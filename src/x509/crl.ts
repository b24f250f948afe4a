import type { X509Certificate } from 'node:crypto'
import { elementsOf, TAG, type Tlv, timeOf } from './der.ts'

/** What has to be known of a certificate revocation list (RFC 5280 §5.1). OpenSSL verifies it; this only reads. */
export interface Crl {
  /** the issuer's name in DER, hex */
  readonly issuer: string
  /** ms since the epoch. Behind it, OpenSSL refuses everybody. */
  readonly nextUpdate: number | undefined
  /** serial numbers, hex */
  readonly revoked: ReadonlySet<string>
}

/** The PEM blocks of a CRL file. Node reads only the first CRL of a text, so each must be handed over by itself. */
export function crlBlocks(pem: string): string[] {
  return pem.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? []
}

/** Reads one PEM block. Throws RangeError on what is not a CRL. */
export function readCrl(pem: string): Crl {
  const fields = signedFields(Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64'))
  if (fields[0]?.tag === TAG.integer) fields.shift() // version
  const [, issuer, , ...rest] = fields
  if (issuer === undefined) throw new RangeError('not a CRL')
  const isTime = (field: Tlv | undefined) => field?.tag === TAG.utcTime || field?.tag === TAG.generalizedTime
  const nextUpdate = isTime(rest[0]) ? timeOf(rest.shift() as Tlv) : undefined
  const entries = rest[0]?.tag === TAG.sequence ? elementsOf(rest[0].content) : []
  const revoked = entries.map((entry) => serialKey(elementsOf(entry.content)[0]))
  return { issuer: issuer.bytes.toString('hex'), nextUpdate, revoked: new Set(revoked) }
}

export function isRevoked(certificate: X509Certificate, crls: readonly Crl[]): boolean {
  const fields = signedFields(certificate.raw)
  if (fields[0]?.tag === TAG.context0) fields.shift() // version
  const [serial, , issuer] = fields
  if (issuer === undefined) throw new RangeError('not a certificate')
  return crls.some((crl) => crl.issuer === issuer.bytes.toString('hex') && crl.revoked.has(serialKey(serial)))
}

/** The CAs of which there is no list: OpenSSL asks for one of each CA above whoever connects, and refuses where it has none. */
export function withoutList(authorities: readonly X509Certificate[], crls: readonly Crl[]): X509Certificate[] {
  return authorities.filter((one) => one.ca && !crls.some(({ issuer }) => issuer === subjectOf(one)))
}

/** The subject of a certificate as `Crl.issuer` has it. */
function subjectOf(certificate: X509Certificate): string {
  const fields = signedFields(certificate.raw)
  const subject = fields[fields[0]?.tag === TAG.context0 ? 5 : 4]
  if (subject === undefined) throw new RangeError('not a certificate')
  return subject.bytes.toString('hex')
}

/** The fields of the part that is signed: of a TBSCertificate or TBSCertList. */
export function signedFields(der: Buffer): Tlv[] {
  const [outer] = elementsOf(der)
  const [signed] = elementsOf(outer?.content ?? Buffer.alloc(0))
  return elementsOf(signed?.content ?? Buffer.alloc(0))
}

function serialKey(integer: Tlv | undefined): string {
  if (integer?.tag !== TAG.integer) throw new RangeError('no serial number')
  return integer.content.toString('hex').replace(/^(00)+(?=..)/, '')
}

import { X509Certificate } from 'node:crypto'
import type { NamedFile, Purpose } from '../config/named-files.ts'
import { messageOf } from '../errors.ts'
import { type Crl, crlBlocks, readCrl, withoutList } from '../x509/crl.ts'

/** One file under examination, and whom to tell. */
export interface Look {
  readonly file: string
  readonly text: string
  /** ms since the epoch */
  readonly now: number
  say(kind: 'problem' | 'refused' | 'warning', message: string): void
}

const DAY = 86_400_000

/** Every certificate of a PEM file, with a word on each that cannot be read or is near or past its time. */
export function checkCertificates({ file, text, now, say }: Look, authorities: boolean): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) say('problem', notPem(file, text))
  const dated: { certificate: X509Certificate; message: string | undefined; expired: boolean }[] = []
  for (const [i, block] of blocks.entries()) {
    const which = blocks.length === 1 ? file : `certificate ${i + 1} of ${file}`
    try {
      const certificate = new X509Certificate(block)
      dated.push({ certificate, ...dates(which, certificate, now) })
    } catch {
      say('problem', `${which} cannot be read as one: it is damaged, or cut short`)
    }
  }
  // one CA of several past its time: those it certified are refused, the others are not
  const tolerable = authorities && dated.some(({ expired }) => !expired)
  for (const { message, expired } of dated) {
    if (message !== undefined) say(expired && !tolerable ? 'refused' : 'warning', message)
  }
  return dated.map(({ certificate }) => certificate)
}

function notPem(file: string, text: string): string {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return `${file} is a private key, no certificate: are the two swapped?`
  // a SEQUENCE with a length of two bytes
  if (text.startsWith('0\u0082') || text.startsWith('0\ufffd'))
    return `${file} is in DER, not in PEM: openssl x509 -inform DER -in ${file} -out new.pem`
  return `there is no certificate in PEM in ${file}`
}

function dates(which: string, { validFromDate, validToDate }: X509Certificate, now: number) {
  const day = (date: Date) => date.toISOString().slice(0, 10)
  if (now > validToDate.getTime()) return { message: `${which} expired on ${day(validToDate)}`, expired: true }
  if (now < validFromDate.getTime())
    return { message: `${which} is not valid before ${day(validFromDate)}`, expired: true }
  const soon = validToDate.getTime() - now < 30 * DAY
  return { message: soon ? `${which} expires on ${day(validToDate)}` : undefined, expired: false }
}

const USAGES: Readonly<Record<Purpose, readonly [oid: string, name: string, fate: string]>> = {
  server: ['1.3.6.1.5.5.7.3.1', 'serverAuth', 'whoever connects to it refuses it'],
  client: ['1.3.6.1.5.5.7.3.2', 'clientAuth', 'whoever it is shown to refuses it'],
}

/**
 * Public CAs issue certificates for servers alone by now. Without the extension a certificate is for everything; OpenSSL does not take
 * anyExtendedKeyUsage for a purpose.
 */
export function checkPurposes(
  { file, say }: Look,
  certificate: X509Certificate,
  purposes: NonNullable<NamedFile['purposes']>,
): void {
  for (const purpose of ['server', 'client'] as const) {
    if (purposes[purpose] === undefined || !isNotFor(certificate, purpose)) continue
    const [, name, fate] = USAGES[purpose]
    const flaw = `${file} is no ${purpose}'s certificate: its extended key usage lacks ${name}`
    if (purposes[purpose] === 'needed') say('refused', `${flaw}, so ${fate}`)
    else say('warning', `${flaw}; no peer has a url, so that it is not needed yet`)
  }
}

/** A CA's own extended key usage limits what it certifies. */
export function checkAuthorityPurposes({ file, say }: Look, authorities: readonly X509Certificate[]): void {
  for (const purpose of ['server', 'client'] as const) {
    if (!authorities.some((authority) => isNotFor(authority, purpose))) continue
    const of = authorities.length === 1 ? file : `a CA in ${file}`
    say('warning', `${of} does not certify ${purpose}s: its extended key usage lacks ${USAGES[purpose][1]}`)
  }
}

/**
 * Neither OpenSSL nor RFC 5280 lets a certificate that is no CA's certify another. One that is signed by itself stands for itself alone,
 * which may be meant.
 */
export function checkAuthorities({ file, say }: Look, authorities: readonly X509Certificate[]): void {
  for (const certificate of authorities) {
    if (certificate.ca || certificate.checkIssued(certificate)) continue
    const whose = certificate.subject.replace(/^.*CN=([^\n]*).*$/s, '$1')
    const of = authorities.length === 1 ? `${file} is no CA: it` : `one certificate in ${file} is no CA: it`
    const remedy = 'put the CA that issued it here; a single certificate is named by identity.fingerprint of its peer'
    say('refused', `${of} is the certificate of ${whose}. Nobody is trusted by it: ${remedy}`)
  }
}

/** Node.js calls the extended key usage keyUsage. */
function isNotFor({ keyUsage }: X509Certificate, purpose: Purpose): boolean {
  return keyUsage !== undefined && !keyUsage.includes(USAGES[purpose][0])
}

/** Who is refused where a list is missing or has run out. */
export const REFUSED = {
  rid: { everybody: 'every peer is refused', certified: 'every peer that it certified is refused', ca: 'rid.tls.ca' },
  grid: {
    everybody: 'the Controller is refused',
    certified: 'a Controller that it certified is refused',
    ca: 'grid.tls.ca',
  },
} as const

/** Past nextUpdate, OpenSSL refuses whoever presents a certificate. */
export function checkCrl(
  { file, text, now, say }: Look,
  refused: (typeof REFUSED)['rid' | 'grid'],
  authorities: readonly X509Certificate[] = [],
): void {
  const blocks = crlBlocks(text)
  const crls: Crl[] = []
  if (blocks.length === 0) say('problem', `there is no X509 CRL in PEM in ${file}`)
  for (const block of blocks) {
    try {
      const crl = readCrl(block)
      crls.push(crl)
      const { nextUpdate } = crl
      if (nextUpdate === undefined) continue
      const when = new Date(nextUpdate).toISOString()
      if (nextUpdate < now) say('refused', `${file} expired at ${when}: until it is renewed, ${refused.everybody}`)
      else if (nextUpdate - now < DAY) say('warning', `${file} expires at ${when}: from then on, ${refused.everybody}`)
    } catch (error) {
      say('problem', `${file} holds a CRL that cannot be read: ${messageOf(error)}`)
    }
  }
  if (crls.length === 0) return
  for (const authority of withoutList(authorities, crls)) {
    const name = authority.subject.replaceAll('\n', ', ')
    const fate = `${refused.certified}. Add its list to the file (cat A.crl B.crl)`
    // of several CAs the Controller needs only its own
    say(
      refused === REFUSED.rid || authorities.length === 1 ? 'refused' : 'warning',
      `${file} has no list of the CA "${name}" in ${refused.ca}: ${fate}`,
    )
  }
}

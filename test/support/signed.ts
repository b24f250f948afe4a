import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { canonical } from '../../src/xml/libxml.ts'
import { NS } from '../../src/xml/namespaces.ts'

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const ENVELOPED = `${NS.ds}enveloped-signature`
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const METHOD = {
  rsa: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  ec: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
} as const

interface Signer {
  readonly kind: keyof typeof METHOD
  readonly publicKey: KeyObject
  /** Puts an enveloped signature over the whole document (XML Signature §6.6.4) in place of the text `@SIGNATURE@`. */
  sign(document: string): string
  /** Does the document's signature verify? */
  verifies(document: string): boolean
}

export function createSigner(kind: keyof typeof METHOD): Signer {
  const { privateKey, publicKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // XML Signature 1.1 §6.4.3: r and s side by side
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return {
    kind,
    publicKey,
    sign(document) {
      const info = signedInfo(kind, digest(document.replace('@SIGNATURE@', '')))
      const value = sign('sha256', Buffer.from(canonical(info)), key).toString('base64')
      return document.replace(
        '@SIGNATURE@',
        `<ds:Signature xmlns:ds="${NS.ds}">${info}<ds:SignatureValue>${value}</ds:SignatureValue></ds:Signature>`,
      )
    },
    verifies(document) {
      const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(document)?.[0] ?? ''
      const info = /<ds:SignedInfo .*<\/ds:SignedInfo>/s.exec(signature)?.[0] ?? '<none/>'
      const value = /<ds:SignatureValue>(.*)<\/ds:SignatureValue>/s.exec(signature)?.[1] ?? ''
      const said = /<ds:DigestValue>(.*)<\/ds:DigestValue>/s.exec(info)?.[1] ?? ''
      if (said !== digest(document.replace(signature, ''))) return false
      const checked = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
      return verify('sha256', Buffer.from(canonical(info)), checked, Buffer.from(value, 'base64'))
    },
  }
}

function digest(document: string): string {
  return createHash('sha256').update(canonical(document), 'utf8').digest('base64')
}

function signedInfo(kind: keyof typeof METHOD, digestValue: string): string {
  return [
    `<ds:SignedInfo xmlns:ds="${NS.ds}"><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}"/>`,
    `<ds:SignatureMethod Algorithm="${METHOD[kind]}"/><ds:Reference URI=""><ds:Transforms>`,
    `<ds:Transform Algorithm="${ENVELOPED}"/><ds:Transform Algorithm="${EXCLUSIVE}"/></ds:Transforms>`,
    `<ds:DigestMethod Algorithm="${SHA256}"/><ds:DigestValue>${digestValue}</ds:DigestValue>`,
    '</ds:Reference></ds:SignedInfo>',
  ].join('')
}

import type { X509Certificate } from 'node:crypto'
import { signedFields } from './crl.ts'
import { elementsOf, TAG, type Tlv } from './der.ts'

/** subjectAltName: 2.5.29.17 */
const ALT_NAMES = '551d11'
/** id-on-dnsSRV: 1.3.6.1.5.5.7.8.7 */
const DNS_SRV = '2b06010505070807'

/** The SRV-IDs of a certificate (RFC 4985), as `_xmpp-client.grid.example`, in lower case. None of what cannot be read. */
export function srvIds(certificate: X509Certificate): string[] {
  try {
    const extensions = signedFields(certificate.raw).find(({ tag }) => tag === TAG.context3)
    const [list] = elementsOf(extensions?.content ?? Buffer.alloc(0))
    const [names] = childrenOf(list).flatMap(altNames)
    return childrenOf(names).flatMap(srvName)
  } catch {
    return []
  }
}

/** SEQUENCE { OBJECT IDENTIFIER, BOOLEAN critical OPTIONAL, OCTET STRING }, with GeneralNames in the last (RFC 5280 §4.1, §4.2.1.6) */
function altNames(extension: Tlv): Tlv[] {
  const [oid, ...rest] = childrenOf(extension)
  const value = rest.find(({ tag }) => tag === TAG.octetString)
  return oid?.content.toString('hex') === ALT_NAMES && value ? elementsOf(value.content) : []
}

/** otherName: [0] { OBJECT IDENTIFIER, [0] IA5String } */
function srvName(name: Tlv): string[] {
  if (name.tag !== TAG.context0) return []
  const [oid, wrapped] = elementsOf(name.content)
  if (oid?.content.toString('hex') !== DNS_SRV) return []
  const [text] = childrenOf(wrapped)
  return text?.tag === TAG.ia5String ? [text.content.toString('latin1').toLowerCase()] : []
}

function childrenOf(element: Tlv | undefined): Tlv[] {
  return element === undefined ? [] : elementsOf(element.content)
}

import { NS } from '../xml/namespaces.ts'
import { findIn, type XmlElement } from '../xml/tree.ts'
import { nameOf } from './inspection.ts'

/** What else is posted, by its root. */
const OTHERS: readonly (readonly [ns: RegExp, local: RegExp, what: string])[] = [
  [/^(?:http:\/\/www\.w3\.org\/1999\/xhtml)?$/, /^html$/i, 'HTML'],
  [/soap/i, /^Envelope$/, 'a SOAP message'],
  [/Atom$/, /^(?:feed|entry)$/, 'an Atom feed'],
  [/stix/i, /^STIX_Package$/, 'a STIX package'],
  [/taxii/i, /./, 'a TAXII message'],
  [/^urn:oasis:names:tc:emergency:cap:/, /^alert$/, 'a CAP alert'],
  [/idmef/i, /./, 'an IDMEF message'],
  [/xmlenc#$/, /^EncryptedData$/, 'an encrypted message'],
  [/xmldsig#$/, /^Signature$/, 'an XML Signature'],
]

/** What is wrong with a root element of a namespace that is not read, and what would be right. */
export function rootWords(root: XmlElement): string {
  const of = root.ns === '' ? 'no namespace' : `namespace "${root.ns.slice(0, 80)}"`
  const said = `The root element "${nameOf(root)}" (${of}) is neither an IODEF-Document nor a RID message.`
  const what = OTHERS.find(([ns, local]) => ns.test(root.ns) && local.test(root.local))?.[2]
  const like = what === undefined ? '' : ` It looks like ${what}.`
  const inner = messageWithin(root)
  const within =
    inner === undefined
      ? ''
      : ` There is ${inner.local === 'RID' ? 'a RID message' : 'an IODEF-Document'} inside it, in line ${inner.line}.`
  return `${said}${like}${within} ${READ}`
}

const READ = `These namespaces are read: ${NS.iodef2} and ${NS.iodef1} (IODEF-Document), ${NS.rid} (RID).`

function messageWithin(root: XmlElement): XmlElement | undefined {
  return findIn(root, ({ ns, local }) => {
    const isDocument = local === 'IODEF-Document' && (ns === NS.iodef2 || ns === NS.iodef1)
    return isDocument || (ns === NS.rid && local === 'RID')
  })
}

import { NS } from '../xml/namespaces.ts'
import { escapeAttribute, escapeText } from '../xml/normal-form.ts'
import { attribute, child, elements, text, type XmlElement } from '../xml/tree.ts'

/** A file that holds what an item had no room for, encrypted: docs/grid-profile.md §9. Hashes are base64 SHA-256. */
export interface SharedFile {
  readonly name: string
  /** bytes, before it was encrypted */
  readonly size: number
  readonly hash: string
  /** an absolute URL, as it was written */
  readonly url: string
  /** of what is at the URL */
  readonly encryptedHash: string
  /** base64, 32 bytes */
  readonly key: string
  /** base64, 12 bytes */
  readonly iv: string
}

/** XEP-0448 §5: AES-256-GCM, its tag of 16 bytes behind the encrypted bytes. */
const CIPHER = 'urn:xmpp:ciphers:aes-256-gcm-nopadding:0'
const KEY = 32
const IV = 12
const SHA256 = 32
const LONGEST_URL = 4096

/** XEP-0447's element around an XEP-0448 source. */
export function renderFileSharing(file: SharedFile): string {
  return [
    `<file-sharing xmlns="${NS.fileSharing}" disposition="attachment">`,
    `<file xmlns="${NS.fileMetadata}"><media-type>application/xml</media-type><name>${escapeText(file.name)}</name>`,
    `<size>${file.size}</size>${renderHash(file.hash)}</file>`,
    `<sources><encrypted xmlns="${NS.encryptedFile}" cipher="${CIPHER}"><key>${file.key}</key><iv>${file.iv}</iv>`,
    renderHash(file.encryptedHash),
    `<sources xmlns="${NS.fileSharing}"><url-data xmlns="${NS.urlData}" target="${escapeAttribute(file.url)}"></url-data></sources>`,
    '</encrypted></sources></file-sharing>',
  ].join('')
}

function renderHash(hash: string): string {
  return `<hash xmlns="${NS.hashes}" algo="sha-256">${hash}</hash>`
}

/** What such an element names, or, in a clause, why it names nothing that could be used: anybody may have written it. */
export function readFileSharing(element: XmlElement): SharedFile | string {
  const file = child(element, NS.fileMetadata, 'file')
  if (file === undefined) return 'it has no file'
  const size = Number(textOf(child(file, NS.fileMetadata, 'size')) || Number.NaN)
  if (!Number.isSafeInteger(size) || size < 1) return 'its size is no number'
  const hash = hashIn(file)
  if (hash === undefined) return 'it has no hash by sha-256'
  const sources = child(element, NS.fileSharing, 'sources')
  const encrypted = sources && child(sources, NS.encryptedFile, 'encrypted')
  if (encrypted === undefined) return 'it has no encrypted source'
  if (attribute(encrypted, 'cipher') !== CIPHER) return `its cipher is not ${CIPHER}`
  const key = bytesOf(child(encrypted, NS.encryptedFile, 'key'), KEY)
  const iv = bytesOf(child(encrypted, NS.encryptedFile, 'iv'), IV)
  if (key === undefined || iv === undefined) return `its key has not ${KEY} bytes, or its iv not ${IV}`
  const encryptedHash = hashIn(encrypted)
  if (encryptedHash === undefined) return 'its encrypted source has no hash by sha-256'
  const where = child(encrypted, NS.fileSharing, 'sources')
  const url = where && targetIn(where)
  if (url === undefined) return 'its encrypted source has no URL'
  return { name: textOf(child(file, NS.fileMetadata, 'name')).slice(0, 255), size, hash, url, encryptedHash, key, iv }
}

function targetIn(sources: XmlElement): string | undefined {
  const target = child(sources, NS.urlData, 'url-data')
  const url = (target && attribute(target, 'target')?.trim()) ?? ''
  return url !== '' && url.length <= LONGEST_URL && URL.canParse(url) ? url : undefined
}

/** XEP-0300 */
function hashIn(element: XmlElement): string | undefined {
  const hash = elements(element).find(
    (e) => e.ns === NS.hashes && e.local === 'hash' && attribute(e, 'algo') === 'sha-256',
  )
  return bytesOf(hash, SHA256)
}

function textOf(element: XmlElement | undefined): string {
  return element === undefined ? '' : text(element).trim()
}

/** Base64 of exactly so many bytes, in its one spelling. */
function bytesOf(element: XmlElement | undefined, length: number): string | undefined {
  const bytes = Buffer.from(textOf(element), 'base64')
  return bytes.length === length ? bytes.toString('base64') : undefined
}

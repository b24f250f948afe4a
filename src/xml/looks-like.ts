/** What else arrives where XML is due, by how it begins. */
const BEGINNINGS: readonly (readonly [beginning: RegExp, what: string])[] = [
  [/^"\s*(?:<|\\u003c)/i, 'JSON (a string with XML in it)'],
  [/^[{[]/, 'JSON'],
  [/^<(?:!doctype\s+)?html\b/i, 'HTML'],
  [/^<(?:br|p|b|h1|body|head|title)\b/i, 'HTML'],
  [/^&(?:amp;)*(?:lt|#0*60|#x0*3c);/i, 'escaped XML: "<" is written as "&lt;"'],
  [/^(?:[\w.%-]{1,60}=)?%3c/i, 'XML in URL encoding'],
  [/^[\w.-]{1,60}=\s*</, 'a web form'],
  [/^-----BEGIN /, 'PEM'],
  [/^--\S{1,100}\r?\n[^<]{0,400}?content-disposition:/i, 'multipart/form-data'],
  [/^(?:mime-version|content-type|content-disposition|received|return-path|from|subject):/i, 'a mail or MIME message'],
  [/^%PDF-/, 'PDF'],
  [/^PK\p{Cc}/u, 'a ZIP archive'],
  [/^---(?:\s|$)/, 'YAML'],
]

/** What a text that is no XML looks like, in a few words; undefined where nobody knows. */
export function looksLike(text: string): string | undefined {
  const start = text.slice(0, 1000).replace(/^[\s\ufeff]+/, '')
  return BEGINNINGS.find(([beginning]) => beginning.test(start))?.[1] ?? (isBase64(start) ? 'base64' : undefined)
}

/** XML in base64: at least a few groups of four, which begin with "<". */
function isBase64(start: string): boolean {
  const head = /^P[A-Za-z0-9+/]{15,}/.exec(start)?.[0]
  return head !== undefined && Buffer.from(head, 'base64').toString('latin1').startsWith('<')
}

/** What bytes that are no text look like. */
export function bytesLookLike(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes
  if (a === 0x1f && b === 0x8b) return 'gzip'
  if (a === 0x50 && b === 0x4b && c === 0x03 && d === 0x04) return 'a ZIP archive'
  if (a === 0x30 && (b === 0x80 || b === 0x82 || b === 0x83)) return 'DER, as of a signed or encrypted message'
  return undefined
}

/**
 * Where a RID system is, as `https://HOST:PORT/`: without a port, 4590 (RFC 6546 §4), and never a path, since a RID message is POSTed to
 * `/` (§3). Undefined for anything else.
 */
export function ridUrl(written: string): string | undefined {
  // URL.parse mends what is written otherwise, and no longer shows a port that is HTTPS's own
  const [isUrl, port] = /^\s*https:\/\/(?:\[[^\]\s]*\]|[^\s/:?#@[\]\\]+)(?::(\d*))?\/?\s*$/i.exec(written) ?? []
  const url = isUrl === undefined ? null : URL.parse(written)
  if (url === null) return undefined
  if (!port) url.port = '4590'
  return url.href
}

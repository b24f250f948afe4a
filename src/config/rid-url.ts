/**
 * Where a RID system is, as `https://HOST:PORT/`: without a port, 4590 (RFC 6546 §4), and never a path, since a RID message is POSTed to
 * `/` (§3). Undefined for anything else.
 */
export function ridUrl(written: string): string | undefined {
  const url = URL.parse(written)
  if (url?.protocol !== 'https:' || url.username || url.password || url.search || url.hash || url.pathname !== '/') {
    return undefined
  }
  // a port that is HTTPS's own is no longer to be seen in the URL
  const port = /^\s*https:\/\/(?:\[[^\]]*\]|[^/:?#[\]]*):(\d+)/i.exec(written)?.[1]
  if (port === undefined) url.port = '4590'
  return url.href
}

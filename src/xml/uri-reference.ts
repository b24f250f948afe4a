/** RFC 3986 appendix B */
const PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s
const SCHEME = /^[a-z][a-z0-9+.-]*$/i
/** RFC 3986 §3.2: who, where, and digits */
const AUTHORITY = /^(?:(.*)@)?(\[[^[\]]*\]|[^:]*)(?::(.*))?$/s
/** RFC 3986 §3.2.2; what is inside is not looked at more closely */
const LITERAL = /^\[[0-9a-fv.:~!$&'()*+,;=-]+\]$/i

/** Nearly all of them: they need not be taken apart. */
const PLAIN =
  /^[a-z][a-z\d+.-]*:\/\/[\w.~-]+(?::\d*)?(?:\/[\w.~!$&'()*+,;=:@/-]*)?(?:\?[\w.~!$&'()*+,;=:@/?-]*)?(?:#[\w.~!$&'()*+,;=:@/?-]*)?$/i

/**
 * Why a text is no URI reference (RFC 3986), nor an IRI reference (RFC 3987): half a sentence for people; undefined when it is one.
 */
export function flawOfUri(text: string): string | undefined {
  if (PLAIN.test(text)) return undefined
  const [, scheme, authority, path = '', query = '', fragment = ''] = PARTS.exec(text) ?? []
  if (scheme !== undefined && !SCHEME.test(scheme)) {
    return flawIn(scheme, '') ?? `"${short(scheme)}" before the first ":" is no scheme`
  }
  return (
    (authority === undefined ? undefined : flawOfAuthority(authority)) ??
    flawIn(path, '/:@') ??
    flawIn(query, '/?:@') ??
    flawIn(fragment, '/?:@')
  )
}

function flawOfAuthority(authority: string): string | undefined {
  const [, user = '', host = '', port = ''] = AUTHORITY.exec(authority) ?? []
  if (/[^0-9]/.test(port)) return `"${short(port)}" is no port`
  return flawIn(user, ':') ?? (LITERAL.test(host) ? undefined : flawIn(host, ''))
}

/** A character that is neither RFC 3986's unreserved or sub-delims nor, beyond ASCII, RFC 3987's; or a "%" that begins no octet. */
const ODD = /%(?![0-9a-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=%\u{a0}-\u{10ffff}-]/giu

function flawIn(part: string, also: string): string | undefined {
  for (const [odd] of part.matchAll(ODD)) {
    if (odd === '%') return '"%" is not followed by two hexadecimal digits'
    if (!also.includes(odd)) return odd === ' ' ? 'a space may not stand there' : `"${odd}" may not stand there`
  }
  return undefined
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** The keys of the configuration whose files a TLS session hangs on. */
export interface TlsKeys {
  readonly ca: string
  readonly crl: string
}

type Words = string | ((keys: TlsKeys) => string)

/** What OpenSSL's and Node.js's codes say of a handshake, from our side: what `it`, the other end, showed or did. */
const TLS: readonly (readonly [code: RegExp, words: Words])[] = [
  [
    /^INVALID_PURPOSE$/,
    'its certificate is not for this: the extended key usage lacks clientAuth (of a client) or serverAuth (of a server)',
  ],
  [/^CERT_HAS_EXPIRED$/, 'its certificate, or one of its CA, has expired'],
  [/^CERT_NOT_YET_VALID$/, 'its certificate is not valid yet'],
  [/^CERT_REVOKED$/, 'its certificate is revoked'],
  [/^CRL_HAS_EXPIRED$/, 'our revocation list is past its date, which refuses everybody'],
  [
    /^UNABLE_TO_GET_CRL$/,
    ({ crl }) => `there is no revocation list of its CA in ${crl}, which refuses everybody of that CA`,
  ],
  [/^(?:DEPTH_ZERO_)?SELF_SIGNED_CERT/, ({ ca }) => `its certificate does not come from a CA in ${ca}`],
  [
    /^UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/,
    ({ ca }) => `its certificate does not come from a CA in ${ca}, or the certificates between are not sent along`,
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is of somebody else: neither the name nor the fingerprint fits'],
  [/^ERR_TLS_HANDSHAKE_TIMEOUT$/, 'it did not finish the handshake in time'],
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, 'it showed no certificate'],
  [
    /ALERT_(?:CERTIFICATE_|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)|ALERT_NO_CERTIFICATE/,
    'it does not take our certificate',
  ],
  [
    /ALERT_HANDSHAKE_FAILURE|NO_SHARED_CIPHER/,
    'there is no cipher that both ends take, or it does not take our certificate',
  ],
  [
    /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/,
    'there is no version of TLS that both ends take: 1.2 or 1.3',
  ],
  [/NO_APPLICATION_PROTOCOL/, 'it offers HTTP/2 alone by ALPN'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE/, 'what comes is not TLS'],
  [/^ERR_OSSL_/, 'a certificate, key or CA of ours cannot be used: check says which'],
  [/^(?:ERR_(?:SSL|TLS)_|[A-Z]+_CERT_|CERT_|CRL_)/, 'the two ends do not agree'],
]

/** What the codes of the system, of its resolver and of the HTTP client say. */
const NETWORK: readonly (readonly [code: RegExp, words: string])[] = [
  [/^ECONNREFUSED$/, 'nothing listens there, or a firewall refuses'],
  [/^(?:ENOTFOUND|ENODATA|EAI_(?:NONAME|NODATA))$/, 'its name is not known to DNS'],
  [/^(?:EAI_|ESERVFAIL|ETIMEOUT)/, 'DNS does not answer for its name'],
  [/^(?:EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EAFNOSUPPORT)$/, 'no way leads to its address'],
  [/^(?:ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'it does not answer to a connection'],
  [/^(?:ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|UND_ERR_CLOSED)$/, 'it closed the connection'],
  [/^(?:UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/, 'it did not answer in time'],
  [
    /^(?:UND_ERR_RES_EXCEEDED_MAX_SIZE|UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)$/,
    'its answer is longer than the limit',
  ],
  [/^(?:UND_ERR_|HPE_|HTTPParserError)/, 'what it answers is no proper HTTP/1.1'],
  [/^(?:EMFILE|ENFILE|ENOBUFS|ENOMEM)$/, 'this machine has no files or memory left for it'],
  [/^(?:EACCES|EPERM)$/, 'this machine does not let us'],
  [/^EADDRINUSE$/, 'another program has the port'],
]

/** Half a sentence on why a TLS handshake failed; undefined for a code that is none of TLS. */
export function tlsWords(code: string, keys: TlsKeys): string | undefined {
  const words = TLS.find(([pattern]) => pattern.test(code))?.[1]
  return typeof words === 'function' ? words(keys) : words
}

/** Half a sentence on why there is no connection. For people: the code itself belongs into a field beside it. */
export function networkWords(code: string): string {
  return NETWORK.find(([pattern]) => pattern.test(code))?.[1] ?? 'the connection failed'
}

/** The code that Node.js, OpenSSL or the system gave to an error, or to the first of several. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What the system says of a file, without its code: `no such file or directory, open 'x'`. */
export function withoutCode(text: string): string {
  return text.replace(/^[A-Z][A-Z0-9_]+: /, '')
}

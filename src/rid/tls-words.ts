/** What OpenSSL's and Node.js's codes say of a handshake, from our side: what `it`, the other end, showed or did. */
const WORDS: readonly (readonly [code: RegExp, words: string])[] = [
  [
    /^INVALID_PURPOSE$/,
    'its certificate is not for this: the extended key usage lacks clientAuth (of a client) or serverAuth (of a server)',
  ],
  [/^CERT_HAS_EXPIRED$/, 'its certificate, or one of its CA, has expired'],
  [/^CERT_NOT_YET_VALID$/, 'its certificate is not valid yet'],
  [/^CERT_REVOKED$/, 'its certificate is revoked'],
  [/^CRL_HAS_EXPIRED$/, 'our revocation list is past its date, which refuses everybody'],
  [/^UNABLE_TO_GET_CRL$/, 'there is no revocation list of its CA in rid.tls.crl, which refuses everybody of that CA'],
  [/^(?:DEPTH_ZERO_)?SELF_SIGNED_CERT/, 'its certificate does not come from a CA in rid.tls.ca'],
  [
    /^UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/,
    'its certificate does not come from a CA in rid.tls.ca, or the certificates between are not sent along',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    "its certificate is not the peer's: neither the configured name nor the fingerprint fits",
  ],
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
  [/^ERR_(?:SSL|TLS)_/, ''],
]

/** Half a sentence on why a TLS handshake failed; undefined for a code that is none of TLS. Empty where the code says it all. */
export function tlsWords(code: string): string | undefined {
  return WORDS.find(([pattern]) => pattern.test(code))?.[1]
}

/** What keeps a peer from being reached, of the code of an error: in words where it is TLS, else the code. */
export function networkWords(code: string): string {
  const words = tlsWords(code)
  if (words === undefined) return code
  return `TLS handshake failed: ${words === '' ? code : `${words} (${code})`}`
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkWords, tlsWords } from '../../src/rid/tls-words.ts'

test('a certificate for one purpose only is told in words, not by a code alone', () => {
  assert.match(tlsWords('INVALID_PURPOSE') ?? '', /extended key usage lacks clientAuth/)
  assert.match(networkWords('INVALID_PURPOSE'), /^TLS handshake failed: .* \(INVALID_PURPOSE\)$/)
})

test('codes of TLS are told in words', () => {
  for (const [code, words] of [
    ['CERT_HAS_EXPIRED', /expired/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /rid\.tls\.ca/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /rid\.tls\.ca/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /rid\.tls\.ca/],
    ['UNABLE_TO_GET_CRL', /rid\.tls\.crl/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /not the peer's/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /does not take our certificate/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /does not take our certificate/],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', /does not take our certificate/],
    ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', /does not take our certificate/],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', /no cipher/],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /no version of TLS/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /not TLS/],
    ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', /no certificate/],
  ] as const) {
    assert.match(tlsWords(code) ?? '', words, code)
  }
  assert.equal(networkWords('ERR_SSL_SOMETHING_NEW'), 'TLS handshake failed: ERR_SSL_SOMETHING_NEW')
})

test('other codes stay as they are', () => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'no answer within 30 s']) {
    assert.equal(tlsWords(code), undefined)
    assert.equal(networkWords(code), code)
  }
})

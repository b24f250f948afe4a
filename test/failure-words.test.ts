import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import { codeOf, networkWords, tlsWords, withoutCode } from '../src/failure-words.ts'

const KEYS = { ca: 'rid.tls.ca', crl: 'rid.tls.crl' }

test('codes of TLS are told in words', () => {
  for (const [code, words] of [
    ['INVALID_PURPOSE', /extended key usage lacks clientAuth/],
    ['CERT_HAS_EXPIRED', /expired/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /rid\.tls\.ca/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /rid\.tls\.ca/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /rid\.tls\.ca/],
    ['UNABLE_TO_GET_CRL', /rid\.tls\.crl/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /of somebody else/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /does not take our certificate/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /does not take our certificate/],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', /does not take our certificate/],
    ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', /does not take our certificate/],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', /no cipher/],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /no version of TLS/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /not TLS/],
    ['ERR_OSSL_PEM_NO_START_LINE', /of ours cannot be used/],
    ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', /no certificate/],
  ] as const) {
    assert.match(tlsWords(code, KEYS) ?? '', words, code)
  }
})

test('the file is that of the side which is asked', () => {
  const grid = { ca: 'grid.tls.ca', crl: '' }
  assert.match(tlsWords('SELF_SIGNED_CERT_IN_CHAIN', grid) ?? '', /a CA in grid\.tls\.ca$/)
})

test('codes of the network are no words of TLS, and have their own', () => {
  for (const [code, words] of [
    ['ECONNREFUSED', /nothing listens/],
    ['ENOTFOUND', /not known to DNS/],
    ['EAI_AGAIN', /DNS does not answer/],
    ['ENETUNREACH', /no way leads/],
    ['UND_ERR_CONNECT_TIMEOUT', /does not answer/],
    ['UND_ERR_SOCKET', /closed the connection/],
    ['UND_ERR_HEADERS_OVERFLOW', /longer than the limit/],
    ['HPE_INVALID_CONSTANT', /no proper HTTP/],
    ['ENEW', /^the connection failed$/],
  ] as const) {
    assert.equal(tlsWords(code, KEYS), undefined, code)
    assert.match(networkWords(code), words, code)
  }
})

/** What a person can do nothing with. */
const CODE = /ERR_|UND_ERR|openssl\/|[A-Z]{3,}_[A-Z]|\bE[A-Z]{4,}\b|\bHPE/

test('no code is ever in the words, whatever it is', () => {
  const tls = [
    'ERR_SSL_SOMETHING_NEW',
    'ERR_TLS_NEWER',
    'CERT_SIGNATURE_FAILURE',
    'CRL_NOT_YET_VALID',
    'PATH_LENGTH_EXCEEDED',
  ]
  const network = ['UND_ERR_NEW', 'EAI_NEW', 'HPE_NEW', 'ERR_NEW']
  for (const code of [...tls, ...network, ...Object.keys(constants.errno)]) {
    assert.doesNotMatch(`${tlsWords(code, KEYS) ?? ''} ${networkWords(code)}`, CODE, code)
  }
})

test('the code of several errors is that of the first', () => {
  const error = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
  assert.equal(codeOf(new AggregateError([error, new Error('y')])), 'ECONNREFUSED')
  assert.equal(codeOf(new Error('x')), undefined)
  assert.equal(codeOf('x'), undefined)
})

test('what the system says of a file is told without its code', () => {
  assert.equal(withoutCode("ENOENT: no such file or directory, open 'x'"), "no such file or directory, open 'x'")
  assert.equal(withoutCode('It is gone: nobody knows'), 'It is gone: nobody knows')
})

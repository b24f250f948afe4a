import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkCertificates, checkCrl, REFUSED } from '../../src/cli/check-certificates.ts'

/** Valid from 2026-01-01 to 2027-01-01; the time is an argument, so that it stays so. */
const ONE = `-----BEGIN CERTIFICATE-----
MIIBAzCBqgICEAAwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EwHhcNMjYwMTAx
MDAwMDAwWhcNMjcwMTAxMDAwMDAwWjAOMQwwCgYDVQQDDANvbmUwWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAATb7f929AwNZ2qiHuVOqBhtJCjOQcfOfU779DB4ea24
xyHc+Eh6NcPLn49K/RX8vYRrUFd28G83/6w2bb7vJljiMAoGCCqGSM49BAMCA0gA
MEUCIEuI9qwhJvdETfvWyu+iiwItVUHq2XHVjGYveScyCf/cAiEAi/cp6RZcMPVb
nRNpt4UER0GP79AYWIIvFZdjat44CMA=
-----END CERTIFICATE-----`

/** Valid from 2020-01-01 to 2021-01-01. */
const TWO = `-----BEGIN CERTIFICATE-----
MIIBAzCBqgICEAEwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EwHhcNMjAwMTAx
MDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAOMQwwCgYDVQQDDAN0d28wWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAATb7f929AwNZ2qiHuVOqBhtJCjOQcfOfU779DB4ea24
xyHc+Eh6NcPLn49K/RX8vYRrUFd28G83/6w2bb7vJljiMAoGCCqGSM49BAMCA0gA
MEUCIQCcL3fCeL9n/B0RHeOV3EeoutZBAUBYkSm2bYyiny8RHAIgUXBNvaBa+moR
qBjSoCN0szOyqa2Ip6119SlLLMF55pE=
-----END CERTIFICATE-----`

/** A revocation list whose next one was due on 2026-02-01. */
const LIST = `-----BEGIN X509 CRL-----
MIGlME0CAQEwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EXDTI2MDEwMTAwMDAw
MFoXDTI2MDIwMTAwMDAwMFqgDzANMAsGA1UdFAQEAgIQAjAKBggqhkjOPQQDAgNI
ADBFAiB3XifOxHUCfAhhrpzIy/apOi8aN1gvLKrc4B1++Q2NtAIhAPoSp1e6zqSa
DQkbqx+fOEPNiGYTan+SlgV9LEi+rk+s
-----END X509 CRL-----`

const BROKEN = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'

type Look = Parameters<typeof checkCrl>[0]

/** What is said of a file with this text at this time. */
function said(check: (look: Look) => unknown, text: string, now: string): string[] {
  const told: string[] = []
  check({ file: 'x.pem', text, now: Date.parse(now), say: (kind, message) => void told.push(`${kind}: ${message}`) })
  return told
}
const own = (text: string, now: string) => said((look) => checkCertificates(look, false), text, now)
const authorities = (text: string, now: string) => said((look) => checkCertificates(look, true), text, now)

describe('a certificate', () => {
  test('in its time is nothing to speak of, until a month before its end', () => {
    assert.deepEqual(own(ONE, '2026-12-01T23:59:00Z'), [])
    assert.deepEqual(own(ONE, '2026-12-02T00:01:00Z'), ['warning: x.pem expires on 2027-01-01'])
    assert.deepEqual(own(ONE, '2027-01-01T00:00:00Z'), ['warning: x.pem expires on 2027-01-01'])
  })

  test('past its time, or before it, is told as such', () => {
    assert.deepEqual(own(ONE, '2027-01-01T00:00:01Z'), ['refused: x.pem expired on 2027-01-01'])
    assert.deepEqual(own(ONE, '2025-12-31T23:59:59Z'), ['refused: x.pem is not valid before 2026-01-01'])
    assert.deepEqual(own(ONE, '2026-01-01T00:00:00Z'), [])
  })

  test('is told by its number where there are several', () => {
    assert.deepEqual(own(`${ONE}\n# the old one\n${TWO}`, '2026-06-01'), [
      'refused: certificate 2 of x.pem expired on 2021-01-01',
    ])
  })

  test('of an authority past its time is no more than a warning beside one that holds', () => {
    assert.deepEqual(authorities(`${ONE}\n${TWO}`, '2026-06-01'), [
      'warning: certificate 2 of x.pem expired on 2021-01-01',
    ])
    assert.deepEqual(authorities(`${ONE}\n${TWO}`, '2028-01-01'), [
      'refused: certificate 1 of x.pem expired on 2027-01-01',
      'refused: certificate 2 of x.pem expired on 2021-01-01',
    ])
    assert.deepEqual(authorities(TWO, '2026-06-01'), ['refused: x.pem expired on 2021-01-01'])
  })

  test('that is not there, or cannot be read, is a problem; the others are read all the same', () => {
    assert.deepEqual(own('no PEM', '2026-06-01'), ['problem: there is no certificate in PEM in x.pem'])
    const [problem, ...more] = own(`${BROKEN}\n${ONE}`, '2026-06-01')
    assert.equal(problem, 'problem: certificate 1 of x.pem cannot be read as one: it is damaged, or cut short')
    assert.deepEqual(more, [])
    const look: Look = { file: 'x', text: `${BROKEN}\n${ONE}\n${TWO}`, now: 0, say: () => {} }
    assert.deepEqual(
      checkCertificates(look, false).map(({ subject }) => subject),
      ['CN=one', 'CN=two'],
    )
  })
})

describe('a revocation list', () => {
  const crl = (text: string, now: string) => said((look) => checkCrl(look, REFUSED.rid), text, now)

  test('says when it must be renewed, a day before', () => {
    assert.deepEqual(crl(LIST, '2026-01-30T23:59:59Z'), [])
    assert.deepEqual(crl(LIST, '2026-01-31T00:00:01Z'), [
      'warning: x.pem expires at 2026-02-01T00:00:00.000Z: from then on, every peer is refused',
    ])
    assert.deepEqual(crl(LIST, '2026-02-01T00:00:01Z'), [
      'refused: x.pem expired at 2026-02-01T00:00:00.000Z: until it is renewed, every peer is refused',
    ])
  })

  test('of the grid side says that it is the Controller who will be refused', () => {
    const [line] = said((look) => checkCrl(look, REFUSED.grid), LIST, '2026-02-01T00:00:01Z')
    assert.match(line ?? '', /^refused: x\.pem expired at .*: until it is renewed, the Controller is refused$/)
  })

  test('is told for each of several', () => {
    assert.equal(crl(`${LIST}\n${LIST}`, '2027-01-01').length, 2)
  })

  test('that is not there, or cannot be read, is a problem', () => {
    assert.deepEqual(crl(ONE, '2026-01-01'), ['problem: there is no X509 CRL in PEM in x.pem'])
    const cut = LIST.replace(/\n.*\n/, '\n')
    assert.match(crl(cut, '2026-01-01').join(), /^problem: x\.pem holds a CRL that cannot be read: /)
  })
})

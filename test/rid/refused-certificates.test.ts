import assert from 'node:assert/strict'
import type { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { RefusedCertificates } from '../../src/rid/refused-certificates.ts'

/** As Node shows it; OpenSSL finds `good` in it, whatever `subjectAltName` seems to say. */
function certificate(fingerprint256: string, subjectAltName = '', good: readonly string[] = []): X509Certificate {
  const checkHost = (name: string) => (good.includes(name) ? name : undefined)
  return { fingerprint256, subject: 'C=XX\nCN=a', subjectAltName, checkHost } as unknown as X509Certificate
}

describe('refused certificates', () => {
  test('are told once, and counted with where and when they came last', () => {
    const refused = new RefusedCertificates()
    const one = certificate('AB:CD', 'DNS:a.example, DNS:b.example, IP Address:192.0.2.1', ['a.example', 'b.example'])
    const told = refused.note(one, '192.0.2.1', 1)
    assert.deepEqual(told?.dns, ['a.example', 'b.example'])
    assert.equal(told?.subject, 'C=XX, CN=a')
    assert.equal(refused.note(one, '192.0.2.2', 5), undefined)
    const [seen] = refused.list()
    assert.deepEqual([seen?.connections, seen?.first, seen?.last, seen?.remote], [2, 1, 5, '192.0.2.2'])
  })

  test('have only the names that OpenSSL finds in them, and none beside a wildcard', () => {
    const refused = new RefusedCertificates()
    const forged = certificate('1', 'DNS:mine.example, DNS:bank.example', ['mine.example'])
    assert.deepEqual(refused.note(forged, '', 0)?.dns, ['mine.example'])
    const wild = certificate('2', 'DNS:mine.example, DNS:*.example', ['mine.example'])
    assert.deepEqual(refused.note(wild, '', 0)?.dns, [])
  })

  test('are a hundred at most, of bounded length: the one seen longest ago gives way', () => {
    const refused = new RefusedCertificates()
    for (let i = 0; i < 100; i += 1) refused.note(certificate(String(i), 'x'.repeat(5_000)), '', i)
    refused.note(certificate('0'), '', 200)
    refused.note(certificate('new'), '', 201)
    const kept = refused.list().map(({ fingerprint }) => fingerprint)
    assert.deepEqual([kept.length, kept.includes('0'), kept.includes('1')], [100, true, false])
    assert.ok(refused.list().every(({ names }) => names.length <= 300))
  })
})

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { createFindPeer, refuseStranger } from '../../src/rid/peers.ts'
import type { Certificate, CertificateRequest } from '../support/pki.ts'
import { csirtA, peerConfig, pki, root } from './setup.ts'

after(() => pki.dispose())

const read = (certificate: Certificate) => new X509Certificate(readFileSync(certificate.cert))
const issue = async (request: CertificateRequest) => read(await root.issue(request))
const A = read(csirtA)

test('a peer is found by DNS-ID, whatever its case', () => {
  const find = createFindPeer([
    peerConfig('b', { dns: 'csirt-b.example' }),
    peerConfig('a', { dns: 'CSIRT-A.example.' }),
  ])
  assert.equal(find(A)?.name, 'a')
})

test('a peer is found by fingerprint, however written', () => {
  const { fingerprint256 } = csirtA
  for (const fingerprint of [fingerprint256, fingerprint256.toLowerCase(), fingerprint256.replaceAll(':', '')]) {
    assert.equal(createFindPeer([peerConfig('a', { fingerprint })])(A)?.name, 'a')
  }
  const wrong = fingerprint256.replace(/^../, (byte) => (byte === '00' ? '01' : '00'))
  assert.equal(createFindPeer([peerConfig('a', { fingerprint: wrong })])(A), undefined)
  assert.equal(createFindPeer([peerConfig('a', { fingerprint: fingerprint256.slice(0, -3) })])(A), undefined)
  assert.equal(createFindPeer([peerConfig('a', { fingerprint: '' })])(A), undefined)
})

test('where both are configured, both must match', async () => {
  const { fingerprint256: fingerprint } = csirtA
  assert.equal(createFindPeer([peerConfig('a', { dns: 'csirt-a.example', fingerprint })])(A)?.name, 'a')
  assert.equal(createFindPeer([peerConfig('a', { dns: 'csirt-b.example', fingerprint })])(A), undefined)
  const renewed = await issue({ cn: 'csirt-a', dns: ['csirt-a.example'] })
  assert.equal(createFindPeer([peerConfig('a', { dns: 'csirt-a.example', fingerprint })])(renewed), undefined)
})

test('a fingerprint goes before a DNS-ID, then the order decides', async () => {
  const both = await root.issue({ cn: 'x', dns: ['one.example', 'two.example'] })
  const one = peerConfig('one', { dns: 'one.example' })
  const two = peerConfig('two', { dns: 'two.example' })
  const pinned = peerConfig('pinned', { fingerprint: both.fingerprint256 })
  assert.equal(createFindPeer([two, one])(read(both))?.name, 'two')
  assert.equal(createFindPeer([one, two])(read(both))?.name, 'one')
  assert.equal(createFindPeer([one, two, pinned])(read(both))?.name, 'pinned')
})

test('a CN is no DNS-ID', async () => {
  const find = createFindPeer([peerConfig('a', { dns: 'csirt-a.example' })])
  assert.equal(find(await issue({ cn: 'csirt-a.example' })), undefined)
  assert.equal(find(await issue({ cn: 'csirt-a.example', dns: ['other.example'] })), undefined)
})

test('a certificate with a wildcard is nobody, by name or by fingerprint', async () => {
  for (const request of [
    { cn: 'x', dns: ['*.example'] },
    { cn: 'x', dns: ['csirt-a.example', '*.example'] },
    { cn: 'x', dns: ['csirt-a.example', 'csirt-*.example'] },
    { cn: '*.example' },
    { cn: '*.example', dns: ['csirt-a.example'] },
  ]) {
    const certificate = await issue(request)
    assert.equal(createFindPeer([peerConfig('a', { dns: 'csirt-a.example' })])(certificate), undefined)
    assert.equal(createFindPeer([peerConfig('a', { fingerprint: certificate.fingerprint256 })])(certificate), undefined)
  }
})

test('a name that holds ", DNS:admin.example" is one name', async () => {
  const certificate = await issue({ cn: 'x', dns: ['good.example, DNS:admin.example'] })
  assert.match(certificate.subjectAltName ?? '', /admin\.example/)
  for (const dns of ['admin.example', 'good.example']) {
    assert.equal(createFindPeer([peerConfig('a', { dns })])(certificate), undefined, dns)
  }
})

test('an identity that says nothing, or is no host name, matches nobody', async () => {
  assert.equal(createFindPeer([peerConfig('a', {})])(A), undefined)
  for (const dns of ['', '.', '.example', 'example', '*.example', 'csirt-a.example\0.org']) {
    const reference = dns.replace('\0', '\\0')
    assert.equal(createFindPeer([peerConfig('a', { dns: reference })])(A), undefined, dns)
  }
})

test('an address in the certificate is no DNS-ID', async () => {
  const certificate = await issue({ cn: 'x', ip: ['127.0.0.1'] })
  assert.equal(createFindPeer([peerConfig('a', { dns: '127.0.0.1' })])(certificate), undefined)
})

test('a server with another certificate than the configured one is a stranger, whatever its name', async () => {
  const [peers, others] = [
    await issue({ cn: 'x', dns: ['localhost', 'b.example'] }),
    await issue({ cn: 'x', dns: ['localhost', 'b.example'] }),
  ]
  const fingerprint = peers.fingerprint256
  for (const identity of [{ fingerprint }, { fingerprint, dns: 'b.example' }]) {
    assert.equal(refuseStranger(identity, 'localhost', peers), undefined)
    assert.ok(refuseStranger(identity, 'localhost', others))
    assert.ok(refuseStranger(identity, 'b.example', others))
  }
})

test('with fingerprint and name, the right certificate must have the name too', async () => {
  const certificate = await issue({ cn: 'x', dns: ['elsewhere.example'] })
  const fingerprint = certificate.fingerprint256
  assert.ok(refuseStranger({ fingerprint, dns: 'b.example' }, 'localhost', certificate))
  assert.equal(refuseStranger({ fingerprint, dns: 'elsewhere.example' }, 'localhost', certificate), undefined)
  assert.equal(refuseStranger({ fingerprint }, 'localhost', certificate), undefined)
})

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { loadTls } from '../../src/rid/tls.ts'
import { crlBlocks, isRevoked, readCrl } from '../../src/x509/crl.ts'
import { elementsOf } from '../../src/x509/der.ts'
import { csirtA, pki, root, server } from '../rid/setup.ts'

after(() => pki.dispose())

const gone = await root.issue({ cn: 'gone', dns: ['gone.example'] })
const crl = readFileSync(await root.crl([gone]), 'utf8')
const x509 = (path: string) => new X509Certificate(readFileSync(path))
const DAY = 86_400_000

test('a CRL says whom it revokes and until when it holds', () => {
  const read = readCrl(crl)
  assert.equal(isRevoked(x509(gone.cert), [read]), true)
  assert.equal(isRevoked(x509(csirtA.cert), [read]), false)
  assert.ok(Math.abs((read.nextUpdate ?? 0) - Date.now() - DAY) < DAY / 4)
})

test('a CRL that revokes nobody is read too', async () => {
  const read = readCrl(readFileSync(await root.crl([]), 'utf8'))
  assert.equal(read.revoked.size, 0)
  assert.ok((read.nextUpdate ?? 0) > Date.now())
})

test("another CA's CRL revokes nobody of ours, whatever the serial number", async () => {
  const other = await pki.ca('other')
  const read = readCrl(readFileSync(await other.crl([gone]), 'utf8'))
  assert.equal(read.revoked.size, 1)
  assert.equal(isRevoked(x509(gone.cert), [read]), false)
})

test('an expired CRL says so', async () => {
  const read = readCrl(readFileSync(await root.crl([], { expired: true }), 'utf8'))
  assert.equal(read.nextUpdate, Date.parse('2020-01-02T00:00:00Z'))
})

test('a file may hold several CRLs', async () => {
  const second = readFileSync(await (await pki.ca('other')).crl([]), 'utf8')
  assert.equal(crlBlocks(`text\n${crl}\n${second}`).length, 2)
})

test('a CRL file without a CRL, or files that do not belong together, are configuration errors', async () => {
  const files = { cert: server.cert, key: server.key, ca: root.cert }
  const empty = join(pki.dir, 'empty.pem')
  writeFileSync(empty, '')
  const broken = join(pki.dir, 'broken.pem')
  writeFileSync(broken, crl.replace(/\n.{10}/, '\nAAAAAAAAAA'))
  for (const wrong of [
    { crl: empty },
    { crl: root.cert },
    { crl: broken },
    { key: csirtA.key },
    { cert: empty },
    { ca: empty },
    { ca: join(pki.dir, 'absent.pem') },
  ]) {
    assert.throws(() => loadTls({ ...files, ...wrong }), { code: 'config-invalid' }, JSON.stringify(wrong))
  }
})

test('expiry is known of certificate, CA and CRL', async () => {
  const list = await root.crl([])
  const { expiry } = loadTls({ cert: server.cert, key: server.key, ca: root.cert, crl: list })
  assert.deepEqual(
    expiry.map(({ name }) => name),
    ['rid-certificate', 'rid-ca', 'rid-crl'],
  )
  for (const { notAfter } of expiry) assert.ok(notAfter > Date.now() && notAfter < Date.now() + 40 * DAY)
})

test('hostile DER ends in RangeError, never in a hang', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        elementsOf(Buffer.from(bytes))
      } catch (error) {
        assert.ok(error instanceof RangeError)
      }
    }),
  )
})

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { iodefGateway } from './capture.ts'

describe('init', () => {
  const dir = mkdtempSync(join(tmpdir(), 'init-'))
  after(() => rmSync(dir, { recursive: true }))
  const init = (folder: string, name: string, ...more: string[]) =>
    iodefGateway(['init', join(dir, folder), '--name', name, '--broker', 'prosody', ...more])

  test('a first peer whose name begins with ca. keeps the certificate that is its own', async () => {
    const { code, err } = await init('ca', 'gateway.example', '--peer', 'ca.example')
    assert.equal(code, 0, err)
    const folder = join(dir, 'ca', 'peers', 'peer-ca')
    const subject = (file: string) => new X509Certificate(readFileSync(join(folder, file))).subject
    assert.equal(subject('peer-ca.pem'), 'CN=ca.example')
    assert.equal(subject('ca.pem'), 'CN=gateway.example peers CA')
  })

  test('names that are longer than a common name may be get certificates, too', async () => {
    const long = `${'a'.repeat(40)}.${'b'.repeat(40)}.example`
    const { code, err } = await init('long', long)
    assert.equal(code, 0, err)
    assert.equal(new X509Certificate(readFileSync(join(dir, 'long', 'tls', 'rid.pem'))).subjectAltName, `DNS:${long}`)
  })

  test('a file in the place of the folder is told as what it is', async () => {
    writeFileSync(join(dir, 'file'), '')
    const { code, err } = await init('file', 'gateway.example')
    assert.equal(code, 2, err)
    assert.match(err, /file cannot be used: not a directory/)
  })

  test('what failed half-way leaves nothing behind, so that it can be tried again', async () => {
    const { PATH } = process.env
    process.env.PATH = join(dir, 'nowhere')
    const failed = await init('again', 'gateway.example').finally(() => {
      process.env.PATH = PATH
    })
    assert.match(failed.err, /openssl is needed/)
    assert.deepEqual(readdirSync(join(dir, 'again')), [])
    const { code, err } = await init('again', 'gateway.example')
    assert.equal(code, 0, err)
  })
})

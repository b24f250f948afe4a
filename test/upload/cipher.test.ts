import assert from 'node:assert/strict'
import { createDecipheriv, createHash } from 'node:crypto'
import { test } from 'node:test'
import { decrypt, encrypt, TAG } from '../../src/upload/cipher.ts'

const PLAIN = Buffer.from('<report>ünd</report>')

test('what is encrypted is AES-256-GCM with the tag behind it, hashed before and after', () => {
  const { bytes, size, key, iv, hash, encryptedHash } = encrypt(PLAIN)
  assert.equal(size, PLAIN.length)
  assert.equal(bytes.length, size + TAG)
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64'), Buffer.from(iv, 'base64'))
  decipher.setAuthTag(bytes.subarray(-TAG))
  assert.deepEqual(Buffer.concat([decipher.update(bytes.subarray(0, -TAG)), decipher.final()]), PLAIN)
  assert.equal(hash, createHash('sha256').update(PLAIN).digest('base64'))
  assert.equal(encryptedHash, createHash('sha256').update(bytes).digest('base64'))
})

test('no two files share a key or an initialization vector', () => {
  const all = Array.from({ length: 50 }, () => encrypt(PLAIN))
  assert.equal(new Set(all.map(({ key }) => key)).size, 50)
  assert.equal(new Set(all.map(({ iv }) => iv)).size, 50)
})

test('what was encrypted comes back, and nothing else does', () => {
  const { bytes, ...said } = encrypt(PLAIN)
  assert.deepEqual(decrypt(bytes, said), PLAIN)
  const other = encrypt(Buffer.from('<report>and</report>!'))
  const flipped = Uint8Array.from(bytes, (byte, i) => (i === 0 ? byte ^ 1 : byte))
  const hashOf = (of: Uint8Array) => createHash('sha256').update(of).digest('base64')
  assert.equal(decrypt(bytes.subarray(1), said), `it has ${bytes.length - 1} bytes, not ${bytes.length}`)
  assert.equal(decrypt(flipped, said), 'its hash is another, before it is decrypted')
  // whoever writes the item may make the first hash fit: the tag does not
  assert.equal(decrypt(flipped, { ...said, encryptedHash: hashOf(flipped) }), 'it cannot be decrypted with its key')
  assert.equal(decrypt(bytes, { ...said, key: other.key }), 'it cannot be decrypted with its key')
  assert.equal(decrypt(bytes, { ...said, hash: other.hash }), 'its hash is another, once it is decrypted')
})

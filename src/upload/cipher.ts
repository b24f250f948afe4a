import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** XEP-0448 §5: the tag stands behind the encrypted bytes. */
export const TAG = 16

/** Bytes encrypted by AES-256-GCM, and how: key, iv and hashes (SHA-256) in base64. */
export interface Encrypted {
  readonly bytes: Uint8Array
  readonly size: number
  readonly hash: string
  readonly key: string
  readonly iv: string
  readonly encryptedHash: string
}

/** With a key and an initialization vector of its own, never used again. */
export function encrypt(plain: Uint8Array): Encrypted {
  const [key, iv] = [randomBytes(32), randomBytes(12)]
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const bytes = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return {
    bytes,
    size: plain.length,
    hash: hashOf(plain),
    key: key.toString('base64'),
    iv: iv.toString('base64'),
    encryptedHash: hashOf(bytes),
  }
}

/** What was encrypted, looked at before and after; or, in a clause, why it is not what was said. */
export function decrypt(bytes: Uint8Array, said: Omit<Encrypted, 'bytes'>): Uint8Array | string {
  if (bytes.length !== said.size + TAG) return `it has ${bytes.length} bytes, not ${said.size + TAG}`
  if (hashOf(bytes) !== said.encryptedHash) return 'its hash is another, before it is decrypted'
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(said.key, 'base64'), Buffer.from(said.iv, 'base64'))
  decipher.setAuthTag(bytes.subarray(said.size))
  let plain: Uint8Array
  try {
    plain = Buffer.concat([decipher.update(bytes.subarray(0, said.size)), decipher.final()])
  } catch {
    return 'it cannot be decrypted with its key'
  }
  return hashOf(plain) === said.hash ? plain : 'its hash is another, once it is decrypted'
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64')
}

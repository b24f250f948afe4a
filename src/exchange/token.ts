import { createHash, randomBytes } from 'node:crypto'

/** A RID-Callback-Token (RFC 6546 §3): unique among all that were ever given out, and not to be guessed. 43 VCHAR. */
export function createToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A name for an exchange in log, trace and queue: it gives nobody anything. */
export function createExchangeId(): string {
  return randomBytes(16).toString('base64url')
}

/** What the store looks a token up by: hex SHA-256, so that how long a look takes tells nothing of a token. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token, 'latin1').digest('hex')
}

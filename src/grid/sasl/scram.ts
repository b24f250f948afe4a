import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type Mechanism, SaslError } from './mechanism.ts'
import { saslprep } from './saslprep.ts'

const derive = promisify(pbkdf2)

/** RFC 5802 §5.1: at least 4096. */
const MIN_ITERATIONS = 4096
/** ms that the iterations may take here: a hostile server shall not cost minutes of CPU, and what is safe grows with the years */
const MAX_TIME = 10_000
/** iterations that are timed for it */
const SAMPLE = 10_000

/** RFC 5802, RFC 7677; SHA-512 as they define it for any hash. */
type Hash = 'sha1' | 'sha256' | 'sha512'
const NAMES = { sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512' } as const
const LENGTHS = { sha1: 20, sha256: 32, sha512: 64 } as const

/** What ties the login to the TLS connection below it (RFC 5802 §6). */
export type ChannelBinding =
  /** -PLUS: the type and its data */
  | { readonly kind: 'bound'; readonly type: string; readonly data: Buffer }
  /** we could, the server offered no -PLUS: `y`, so that a stripped offer is noticed by the server */
  | { readonly kind: 'unoffered' }
  /** we cannot: `n` */
  | { readonly kind: 'none' }

interface ScramOptions {
  readonly hash: Hash
  readonly username: string
  readonly password: string
  readonly binding: ChannelBinding
  /** printable, no comma; random by default */
  readonly nonce?: string
}

/**
 * SCRAM (RFC 5802, RFC 7677). Refuses a nonce that does not go on from ours, an iteration count below 4096 or that would
 * take too long, and a server that does not know the password either.
 */
export function scram(options: ScramOptions): Mechanism {
  const { hash, binding } = options
  const suffix = binding.kind === 'bound' ? '-PLUS' : ''
  const nonce = options.nonce ?? randomBytes(24).toString('base64')
  const gs2 = binding.kind === 'bound' ? `p=${binding.type},,` : binding.kind === 'unoffered' ? 'y,,' : 'n,,'
  const name = saslprep(options.username).replace(/=/g, '=3D').replace(/,/g, '=2C')
  const firstBare = `n=${name},r=${nonce}`
  let serverSignature: Buffer | undefined
  let proved = false

  const prove = (data: string) => {
    const signature = Buffer.from(/^v=([A-Za-z0-9+/=]+)(?:,|$)/.exec(data)?.[1] ?? '', 'base64')
    if (
      !serverSignature ||
      signature.length !== serverSignature.length ||
      !timingSafeEqual(signature, serverSignature)
    ) {
      throw new SaslError('The server did not prove that it knows the password.')
    }
    proved = true
  }

  return {
    name: `SCRAM-${NAMES[hash]}${suffix}`,
    start: () => gs2 + firstBare,
    async challenge(data) {
      // some servers send the server-final-message as a challenge and an empty success behind it
      if (serverSignature) {
        prove(data)
        return ''
      }
      const first = serverFirst(data, nonce)
      await checkTime(hash, first.iterations)
      const salted = await derive(saslprep(options.password), first.salt, first.iterations, LENGTHS[hash], hash)
      const clientKey = hmac(hash, salted, 'Client Key')
      const storedKey = createHash(hash).update(clientKey).digest()
      const cbind = binding.kind === 'bound' ? Buffer.concat([Buffer.from(gs2), binding.data]) : Buffer.from(gs2)
      const withoutProof = `c=${cbind.toString('base64')},r=${first.nonce}`
      const message = `${firstBare},${data},${withoutProof}`
      const signature = hmac(hash, storedKey, message)
      const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)))
      serverSignature = hmac(hash, hmac(hash, salted, 'Server Key'), message)
      return `${withoutProof},p=${proof.toString('base64')}`
    },
    success(data) {
      if (data !== undefined && data !== '') prove(data)
      if (!proved) throw new SaslError('The server did not prove that it knows the password.')
    },
  }
}

function serverFirst(data: string, ours: string): { nonce: string; salt: Buffer; iterations: number } {
  // RFC 5802 §7: r=, s=, i= in this order; m= is an extension nobody may ignore
  const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})(?:,.*)?$/.exec(data)
  if (!match) throw new SaslError('The server-first-message cannot be read.')
  const [nonce, salt, iterations] = [match[1] as string, Buffer.from(match[2] as string, 'base64'), Number(match[3])]
  if (!nonce.startsWith(ours) || nonce.length === ours.length) throw new SaslError('The nonce is not ours.')
  if (iterations < MIN_ITERATIONS) throw new SaslError(`${iterations} iterations are fewer than ${MIN_ITERATIONS}.`)
  return { nonce, salt, iterations }
}

function hmac(hash: string, key: Buffer, data: string): Buffer {
  return createHmac(hash, key).update(data).digest()
}

/** Throws SaslError when so many would take too long on this machine. */
async function checkTime(hash: Hash, iterations: number): Promise<void> {
  const begun = performance.now()
  await derive('sample', 'sample', SAMPLE, LENGTHS[hash], hash)
  const expected = ((performance.now() - begun) / SAMPLE) * iterations
  if (expected <= MAX_TIME) return
  throw new SaslError(`${iterations} iterations would take about ${Math.round(expected / 1_000)} s.`)
}

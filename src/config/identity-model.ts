import * as f from './fields.ts'
import { passwordHash, secret } from './shared-keys.ts'

const keys = f.needed('{ dns: NAME } or { fingerprint: SHA-256 } of its certificate', {
  dns: f.dnsId
    .exactOptional()
    .describe(
      "DNS name in the peer's certificate (subjectAltName; no CN, no wildcard); stands in RIDPolicy/Node of what it is sent",
    ),
  fingerprint: f.fingerprint
    .exactOptional()
    .describe('SHA-256 of its certificate; one of the two is required, and with both, both must fit'),
  basic: f
    .mapping({
      user: f.user.describe('the user that it shows where it shows no certificate'),
      password: passwordHash.describe('the hash of its password, as iodef-gateway passwd prints it'),
    })
    .exactOptional()
    .describe('what it shows where it has no certificate; rid.basic: true lets it in'),
  anonymous: f.flag
    .prefault(false)
    .describe('it is whoever shows neither certificate nor password; rid.anonymous: true lets them in'),
})

/** How a peer is known (RFC 6546 §3.1, RFC 7617). */
export const identity = keys
  .refine(
    ({ dns, fingerprint, basic, anonymous }) => anonymous || (dns ?? fingerprint ?? basic) !== undefined,
    'needs dns or fingerprint, or basic',
  )
  .meta({ minProperties: 1 })

/** What we show a peer besides our certificate. */
export const shown = f
  .mapping({
    user: f.user.describe('the user that it knows us by'),
    password: secret('a password').describe('what it knows us by with it'),
  })
  .exactOptional()
  .describe('what we show it besides our certificate, where it asks for HTTP Basic')

import type { Clock } from '../clock.ts'
import type { Expiry } from './certificate-health.ts'
import { FINE, type Finding } from './readiness.ts'

/** ms that a refused handshake counts for */
const WINDOW = 600_000
/** so many of them, and none that came to a request, are more than a stranger who tries */
const MANY = 3

/** OpenSSL's codes for a revocation list of ours that refuses everybody. */
const OUR_LIST = /^(?:UNABLE_TO_GET_CRL|CRL_|ERROR_IN_CRL)/
/** Its codes for a certificate that was shown and does not fit. A scanner shows none, or takes ours for unfit. */
const SHOWN =
  /^(?:(?:DEPTH_ZERO_)?SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_(?:HAS_EXPIRED|SIGNATURE_FAILURE|UNTRUSTED)|INVALID_(?:CA|PURPOSE))/

export interface Refused {
  readonly reason: string
  readonly remote: string | undefined
  readonly words?: string | undefined
}

/** Whether peers get through TLS. */
interface RidHealth {
  listening(): void
  refused(handshake: Refused): void
  /** A peer was answered. */
  served(): void
  read(dates: readonly Expiry[]): Finding
}

export function createRidHealth(clock: Pick<Clock, 'now'>): RidHealth {
  let listens = false
  let served = Number.NEGATIVE_INFINITY
  /** since a peer was served last, within the window */
  let refusals: (Refused & { readonly at: number })[] = []

  /** What is wrong with us refuses everybody, unless somebody came through all the same. */
  function ours(from: number, reason: string): Finding {
    return served > from ? { state: 'degraded', reason } : { state: 'failed', reason, stops: true }
  }

  return {
    listening() {
      listens = true
    },
    refused(handshake) {
      if (OUR_LIST.test(handshake.reason) || SHOWN.test(handshake.reason)) {
        refusals = [...refusals.slice(-99), { ...handshake, at: clock.now() }]
      }
    },
    served() {
      served = clock.now()
      refusals = refusals.filter(({ reason }) => OUR_LIST.test(reason))
    },
    read(dates) {
      if (!listens) return { state: 'failed', reason: 'The endpoint does not listen yet.', stops: true }
      const now = clock.now()
      const own = dates.find(({ name, notAfter }) => name === 'rid-certificate' && notAfter < now)
      if (own)
        return ours(
          own.notAfter,
          `Every peer refuses our certificate, which ran out ${day(own)}: renew \`rid.tls.cert\`.`,
        )
      const list = dates.find(({ name, notAfter }) => name === 'rid-crl' && notAfter < now)
      if (list)
        return ours(
          list.notAfter,
          `A revocation list ran out ${day(list)}, which refuses everybody of its CA: renew \`rid.tls.crl\`.`,
        )
      refusals = refusals.filter(({ at }) => at > now - WINDOW && at <= now)
      const last = refusals.at(-1)
      const byList = refusals.findLast(({ reason }) => OUR_LIST.test(reason))
      if (byList) return ours(byList.at, `A peer's certificate was refused: ${words(byList)}. Mend \`rid.tls.crl\`.`)
      if (last === undefined || refusals.length < MANY) return FINE
      return {
        state: 'failed',
        reason: `${refusals.length} clients showed a certificate that was refused, and none was let in since; the last, from ${last.remote ?? 'somewhere'}: ${words(last)}. If they are your peers, mend \`rid.tls.ca\`.`,
      }
    },
  }
}

function words({ words, reason }: Refused): string {
  return words ?? reason
}

function day({ notAfter }: Expiry): string {
  return `at ${new Date(notAfter).toISOString()}`
}

import type { Clock } from '../clock.ts'
import type { Expiry } from './certificate-health.ts'
import { FINE, type Finding } from './readiness.ts'

/** ms that a refused handshake counts for */
const WINDOW = 600_000
/** so many of them, and none that came to a request, are more than a stranger who tries */
const MANY = 3

/** ms from which on a handshake that is over was begun after what it is held against */
const HANDSHAKE = 10_000

/** ms after which an answer of ours that we are to blame for is over */
const BLAMED = 10_000

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

/** How the TLS files in force stand, and whom they let in. */
export interface Door {
  /** CAs without a revocation list, where there are lists; whether none has one. Another object where other files are in force. */
  readonly lists: { readonly lacking: readonly string[]; readonly none: boolean }
  /** when the last handshake with a peer was over: ms since the epoch, or -Infinity */
  readonly letIn: number
}

/** Whether peers get through TLS, and to an answer. */
interface RidHealth {
  listening(): void
  refused(handshake: Refused): void
  /** A peer was answered. */
  served(): void
  /** A peer was answered 503, for a reason that is no other part's. */
  failed(reason: string): void
  read(dates: readonly Expiry[], door: Door): Finding
}

export function createRidHealth(clock: Pick<Clock, 'now'>): RidHealth {
  let listens = false
  let letIn = Number.NEGATIVE_INFINITY
  let inForce: Door['lists'] | undefined
  let blamed: { readonly at: number; readonly reason: string } | undefined
  /** since a peer was served last, within the window */
  let refusals: (Refused & { readonly at: number })[] = []

  /** What is wrong with us refuses everybody, unless somebody came through all the same. */
  function ours(from: number, reason: string): Finding {
    return letIn > from ? { state: 'degraded', reason } : { state: 'failed', reason, stops: true }
  }

  function byDates(dates: readonly Expiry[], now: number): Finding | undefined {
    const own = dates.find(({ name, notAfter }) => name === 'rid-certificate' && notAfter < now)
    if (own)
      return ours(
        own.notAfter + HANDSHAKE,
        `Every peer refuses our certificate, which ran out ${day(own)}: renew \`rid.tls.cert\`.`,
      )
    const list = dates.find(({ name, notAfter }) => name === 'rid-crl' && notAfter < now)
    if (list === undefined) return undefined
    return ours(
      list.notAfter + HANDSHAKE,
      `A revocation list ran out ${day(list)}, which refuses everybody of its CA: renew \`rid.tls.crl\`.`,
    )
  }

  function byRefusals(now: number): Finding | undefined {
    refusals = refusals.filter(({ at }) => at > now - WINDOW && at <= now)
    const byList = refusals.findLast(({ reason }) => OUR_LIST.test(reason))
    if (byList) return ours(byList.at, `A peer's certificate was refused: ${words(byList)}. Mend \`rid.tls.crl\`.`)
    const last = refusals.at(-1)
    if (last === undefined || refusals.length < MANY) return undefined
    return {
      state: 'failed',
      reason: `${refusals.length} clients showed a certificate that was refused, and none was let in since; the last, from ${last.remote ?? 'somewhere'}: ${words(last)}. If they are your peers, mend \`rid.tls.ca\`.`,
    }
  }

  function byAnswers(now: number): Finding | undefined {
    if (blamed === undefined || now - blamed.at >= BLAMED || now < blamed.at) return undefined
    return { state: 'degraded', reason: `A message of a peer was answered 503: ${blamed.reason}` }
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
      refusals = refusals.filter(({ reason }) => OUR_LIST.test(reason))
    },
    failed(reason) {
      blamed = { at: clock.now(), reason }
    },
    read(dates, door) {
      letIn = door.letIn
      // what other files refused says nothing of these
      if (door.lists !== inForce) refusals = []
      inForce = door.lists
      if (!listens) return { state: 'failed', reason: 'The endpoint does not listen yet.', stops: true }
      const now = clock.now()
      return byDates(dates, now) ?? byLists(door.lists) ?? byRefusals(now) ?? byAnswers(now) ?? FINE
    },
  }
}

function byLists({ lacking, none }: Door['lists']): Finding | undefined {
  if (none) {
    const reason = 'No revocation list is of a CA in `rid.tls.ca`, which refuses everybody: mend `rid.tls.crl`.'
    return { state: 'failed', reason, stops: true }
  }
  if (lacking.length === 0) return undefined
  const which = lacking.map((name) => `"${name}"`).join(', ')
  return {
    state: 'degraded',
    reason: `Whoever is certified by ${which} is refused, as no revocation list is of that CA: add it to \`rid.tls.crl\`.`,
  }
}

function words({ words, reason }: Refused): string {
  return words ?? reason
}

function day({ notAfter }: Expiry): string {
  return `at ${new Date(notAfter).toISOString()}`
}

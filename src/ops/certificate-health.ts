import { FINE, type Finding } from './readiness.ts'

/** Of what is configured for TLS, what runs out first: `rid-certificate`, `grid-crl` and the like. */
export interface Expiry {
  readonly name: string
  /** ms since the epoch */
  readonly notAfter: number
}

const DAY = 86_400_000

/** ms before its end that something should be renewed: lists are made anew every few days, or every night */
export function warnBefore({ name }: Pick<Expiry, 'name'>): number {
  return name.endsWith('-crl') ? DAY : 30 * DAY
}

/** ms before its end that somebody has to act now */
const SOON = 14 * DAY

export function certificateFinding(one: Expiry, now: number): Finding {
  const at = new Date(one.notAfter).toISOString()
  const key = keyOf(one.name)
  if (one.notAfter < now) return { state: 'failed', reason: `It ran out at ${at}: renew \`${key}\`.` }
  if (one.notAfter - now >= Math.min(SOON, warnBefore(one))) return FINE
  return { state: 'degraded', reason: `It runs out at ${at}: renew \`${key}\`.` }
}

/** `rid-certificate` is `rid.tls.cert` */
function keyOf(name: string): string {
  return name.replace('-certificate', '-cert').replace('-', '.tls.')
}

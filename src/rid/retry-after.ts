/** ms; a peer that asks for more is asked again after this */
const LONGEST = 24 * 60 * 60 * 1000

/** Retry-After (RFC 9110 §10.2.3), seconds or a date, as ms from `now`; undefined when there is none or it is neither. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST)
  // Date.parse takes far more than HTTP-dates; the three forms of RFC 9110 §5.6.7 begin with the day of the week
  const at = /^(?:mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - now), LONGEST)
}

/** ms */
interface Backoff {
  readonly base: number
  readonly cap: number
}

/** Between the attempts of one delivery. */
export const DELIVERY_BACKOFF: Backoff = { base: 1000, cap: 600_000 }
/** Between the probes of a destination that is down: whoever mended it sees within a quarter of a minute that it is. */
export const PROBE_BACKOFF: Backoff = { base: 1000, cap: 10_000 }
/** Between attempts to write to a store that cannot. */
export const STORE_BACKOFF: Backoff = { base: 100, cap: 5000 }

/**
 * How long to wait after the n-th failure in a row (1 is the first): evenly between nothing and the base doubled each time, up
 * to the cap. "Full" jitter: many who failed together do not come back together.
 */
export function fullJitter(failures: number, { base, cap }: Backoff, random: () => number): number {
  return Math.round(random() * Math.min(cap, base * 2 ** Math.min(failures - 1, 40)))
}

import type { Place } from './order.ts'

/** What is being sent of which the tables say nothing: to them it waits, ready to be claimed. */
export interface Lease extends Pick<Place, 'seq' | 'destination' | 'origin'> {
  /** ms since the epoch */
  readonly since: number
  readonly until: number
}

type Whose = Pick<Lease, 'destination' | 'seq'>

/**
 * Leases known by heart. One need not last, since every start ends them all; so a claim writes nothing, and one whose attempt is over
 * soon never is in the tables. It is written (`write` in claim.ts) where it lasts, and before anybody decides by what the tables say
 * of a state. Groups have none here: whether a member of one is under way decides the place of others in a line (order.ts).
 */
export interface Leases {
  take(lease: Lease): void
  has(whose: Whose): boolean
  /** At a destination, oldest first. */
  at(destination: number): Iterable<Lease>
  /** So many at a destination, or there of an origin. */
  count(destination: number, origin?: string): number
  all(): readonly Lease[]
  /** Those that the next transaction is to write: they last, or are more than whoever looks for work should pass by. */
  lasting(now: number): readonly Lease[]
  /** Inside a transaction. Was there one? */
  end(whose: Whose): boolean
  /** The transaction is committed, or undone: then those that ended in it did not. */
  committed(): void
  undone(): void
}

/** ms: an attempt that takes longer is to be seen by commands beside the gateway */
export const SHORT = 1000
/** of one destination */
const MANY = 32

export function createLeases(): Leases {
  const places = new Map<number, Map<number, Lease>>()
  /** in the transaction that is under way */
  const ended: Lease[] = []

  const at = (destination: number) => places.get(destination)?.values() ?? []

  function take(lease: Lease): void {
    const there = places.get(lease.destination) ?? new Map<number, Lease>()
    places.set(lease.destination, there.set(lease.seq, lease))
  }

  return {
    take,
    has: ({ destination, seq }) => places.get(destination)?.has(seq) === true,
    at,
    count(destination, origin) {
      if (origin === undefined) return places.get(destination)?.size ?? 0
      let sum = 0
      for (const lease of at(destination)) if (lease.origin === origin) sum += 1
      return sum
    },
    all: () => [...places.values()].flatMap((there) => [...there.values()]),
    lasting(now) {
      const found: Lease[] = []
      for (const there of places.values()) {
        for (const lease of there.values()) {
          // a clock that was put back says nothing of how long it lasts; they are in the order in which they were taken
          if (there.size <= MANY && Math.abs(now - lease.since) < SHORT) break
          found.push(lease)
        }
      }
      return found
    },
    end({ destination, seq }) {
      const there = places.get(destination)
      const lease = there?.get(seq)
      if (there === undefined || lease === undefined) return false
      there.delete(seq)
      if (there.size === 0) places.delete(destination)
      ended.push(lease)
      return true
    },
    committed() {
      ended.length = 0
    },
    undone() {
      for (const lease of ended.splice(0)) take(lease)
    },
  }
}

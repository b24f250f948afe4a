import type { ClaimRequest, Delivery } from '../contract.ts'

/** A claim may have been written at a destination up to then, in ms since the epoch, that nobody heard of. */
export interface Unheard {
  readonly until: number
}

/**
 * What this gateway was told that it claimed. A claim whose COMMIT waits for a standby for longer than anybody waits for it is written all the same:
 * what it leased is ours for as long as we live, and nobody sends it. So the next claim there, which has the destination's lock and is behind
 * it by that, takes back what of ours nobody was told of.
 */
interface HandedOut {
  claim(request: ClaimRequest, carryOut: (unheard: Unheard | undefined) => Promise<Delivery[][]>): Promise<Delivery[][]>
  /** May something be leased there that nobody was told of? */
  isInDoubt(request: Pick<ClaimRequest, 'kind' | 'destination'>): boolean
  /** Is sent, or given back. */
  settled(ids: Iterable<string>): void
  /** The ids of what is out. */
  ids(): string[]
}

export function createHandedOut(now: () => number): HandedOut {
  const out = new Set<string>()
  /** by destination */
  const doubts = new Map<string, Unheard>()
  const placeOf = ({ kind, destination }: Pick<ClaimRequest, 'kind' | 'destination'>) => `${kind} ${destination}`
  return {
    async claim(request, carryOut) {
      const place = placeOf(request)
      const since = doubts.get(place)
      try {
        const units = await carryOut(since)
        if (doubts.get(place) === since) doubts.delete(place)
        for (const { id } of units.flat()) out.add(id)
        return units
      } catch (error) {
        doubts.set(place, { until: now() })
        throw error
      }
    },
    isInDoubt: (request) => doubts.has(placeOf(request)),
    settled(ids) {
      for (const id of ids) out.delete(id)
    },
    ids: () => [...out],
  }
}

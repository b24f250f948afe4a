import type { ClaimRequest, Delivery } from '../contract.ts'

/** A claim may have been written at a destination up to then, in ms since the epoch, that nobody heard of. */
export interface Unheard {
  readonly until: number
}

/** ms after which what nobody heard of is taken back where nothing else is claimed: later than whoever still has the destination tries again */
const PATIENCE = 6_000

interface HandedOutOptions {
  readonly now: () => number
  /** With a limit of 0 it takes nothing, but takes back. */
  readonly carryOut: (request: ClaimRequest, unheard: Unheard | undefined) => Promise<Delivery[][]>
  /** Something was taken back, and may be another gateway's by now. */
  readonly tookBack: () => void
  readonly patience?: number
}

/**
 * What this gateway was told that it claimed. A claim whose COMMIT waits for a standby for longer than anybody waits for it is written all the same:
 * what it leased is ours for as long as we live, and nobody sends it. So the next claim there, which has the destination's lock and is behind
 * it by that, takes back what of ours nobody was told of. Whoever has no more to claim there, since it is another gateway's by then, does so too.
 */
interface HandedOut extends Disposable {
  claim(request: ClaimRequest): Promise<Delivery[][]>
  /** May something be leased there that nobody was told of? */
  isInDoubt(request: Pick<ClaimRequest, 'kind' | 'destination'>): boolean
  /** Is sent, or given back. */
  settled(ids: Iterable<string>): void
  /** The ids of what is out. */
  ids(): string[]
}

export function createHandedOut({ now, carryOut, tookBack, patience = PATIENCE }: HandedOutOptions): HandedOut {
  const out = new Set<string>()
  /** by destination */
  const doubts = new Map<string, Unheard>()
  const underWay = new Map<string, number>()
  const timers = new Map<string, NodeJS.Timeout>()
  let isClosed = false
  const placeOf = ({ kind, destination }: Pick<ClaimRequest, 'kind' | 'destination'>) => `${kind} ${destination}`

  async function claim(request: ClaimRequest): Promise<Delivery[][]> {
    const place = placeOf(request)
    const since = doubts.get(place)
    underWay.set(place, (underWay.get(place) ?? 0) + 1)
    try {
      const units = await carryOut(request, since)
      if (doubts.get(place) === since) doubts.delete(place)
      for (const { id } of units.flat()) out.add(id)
      return units
    } catch (error) {
      // whatever the clock did meanwhile
      doubts.set(place, { until: Math.max(now(), request.now, doubts.get(place)?.until ?? 0) })
      if (!isClosed) takeBackLater(request)
      throw error
    } finally {
      underWay.set(place, underWay.get(place)! - 1)
    }
  }

  function takeBackLater(request: ClaimRequest): void {
    const place = placeOf(request)
    clearTimeout(timers.get(place))
    timers.set(place, setTimeout(() => takeBack(request), patience).unref())
  }

  /** Not beside a claim: what that one takes is not out yet. */
  function takeBack(request: ClaimRequest): void {
    const place = placeOf(request)
    if (!doubts.has(place) || underWay.get(place) !== 0) return
    claim({ ...request, limit: 0, now: now() }).then(tookBack, () => {})
  }

  return {
    claim,
    isInDoubt: (request) => doubts.has(placeOf(request)),
    settled(ids) {
      for (const id of ids) out.delete(id)
    },
    ids: () => [...out],
    [Symbol.dispose]() {
      isClosed = true
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}

import type { ClaimRow } from './rows.ts'

/** A delivery that is ready, or one for all members of its group, which are ready together. */
export interface Candidate {
  readonly seq: number
  readonly grp: number | null
  readonly due: number
  readonly origin: string
  /** bytes that it is to send */
  readonly size: number
  /** all that a claim reads of it, as it was written: whatever changes that makes the store forget who stands next */
  readonly row?: ClaimRow
}

/**
 * What stands next at each destination, by heart: looked for many at a time, since looking costs more than one is worth; or written down as
 * it came in, where nobody waits who is not known. Nobody is bound to it: whether one still waits is asked when it is taken.
 */
export interface Ahead {
  /** Of one destination, the next one first; empty where nobody looked. */
  at(destination: number): readonly Candidate[]
  keep(destination: number, candidates: readonly Candidate[]): void
  /** The first of them was taken, if it was this one. */
  taken(destination: number, seq: number): void
  /** One of this origin was taken, so that it is the others' turn. */
  served(destination: number, origin: string): void
  /** Empty where nobody was. */
  lastServed(destination: number): string
  /** This one waits now, and is ready and due. `others`: how many wait there besides, of which nobody is sending any. `row`: its own. */
  came(destination: number, candidate: Candidate, others: number, row: () => ClaimRow): void
  /** Another of this origin waits now: if others are ahead of it, its turn may be sooner than theirs. */
  joined(destination: number, origin: string): void
  /** Others may be next, there or anywhere. */
  forget(destination?: number): void
}

const NOBODY: readonly Candidate[] = []
/** What more than these wait for is looked for when it is time. */
const MOST = 256
/** Of so many the rows are known, too, and no longer ones: a MiB for each destination. */
const FEW = 64
const SHORT = 16_384

export function createAhead(): Ahead {
  const next = new Map<number, Candidate[]>()
  const last = new Map<number, string>()

  function joined(destination: number, origin: string): void {
    if (next.get(destination)?.some((one) => one.origin !== origin)) next.delete(destination)
  }

  return {
    at: (destination) => next.get(destination) ?? NOBODY,
    keep(destination, candidates) {
      if (candidates.length > 0) next.set(destination, [...candidates])
    },
    taken(destination, seq) {
      const there = next.get(destination)
      if (there?.[0]?.seq === seq) there.shift()
    },
    served(destination, origin) {
      last.set(destination, origin)
    },
    lastServed: (destination) => last.get(destination) ?? '',
    came(destination, candidate, others, row) {
      const there = next.get(destination) ?? []
      if (there.length !== others || others >= MOST) return joined(destination, candidate.origin)
      const one = others < FEW && candidate.size <= SHORT ? { ...candidate, row: row() } : candidate
      there.splice(placeOf(one.origin, there, last.get(destination) ?? ''), 0, one)
      next.set(destination, there)
    },
    joined,
    forget(destination) {
      if (destination === undefined) next.clear()
      else next.delete(destination)
    },
  }
}

/** Origins take turns, behind the one that was served last: one more of this origin has its place in the round behind its latest. */
function placeOf(origin: string, there: readonly Candidate[], served: string): number {
  const comesBefore = (a: string, b: string) => (a > served === b > served ? a < b : a > served)
  let at = there.findLastIndex((one) => one.origin === origin) + 1
  // to the end of that round, if it is in one: from there on they begin anew
  if (at > 0) while (at < there.length && comesBefore(there[at - 1]!.origin, there[at]!.origin)) at += 1
  for (const start = at; at < there.length && comesBefore(there[at]!.origin, origin); at += 1) {
    if (at > start && !comesBefore(there[at - 1]!.origin, there[at]!.origin)) break
  }
  return at
}

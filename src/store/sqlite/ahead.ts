/** A delivery that is ready, or one for all members of its group, which are ready together. */
export interface Candidate {
  readonly seq: number
  readonly grp: number | null
  readonly due: number
  readonly origin: string
  /** bytes that it is to send */
  readonly size: number
}

/**
 * What stands next at each destination, by heart: looked for many at a time, since looking costs more than one is worth. Nobody is bound to
 * it: whether one still waits is asked when it is taken.
 */
export interface Ahead {
  /** Of one destination, the next one first; empty where nobody looked. */
  at(destination: number): readonly Candidate[]
  keep(destination: number, candidates: readonly Candidate[]): void
  /** The first of them was taken, if it was this one. */
  taken(destination: number, seq: number): void
  /** Another of this origin waits now: if others are ahead of it, its turn may be sooner than theirs. */
  joined(destination: number, origin: string): void
  /** Others may be next, there or anywhere. */
  forget(destination?: number): void
}

const NOBODY: readonly Candidate[] = []

export function createAhead(): Ahead {
  const next = new Map<number, Candidate[]>()
  return {
    at: (destination) => next.get(destination) ?? NOBODY,
    keep(destination, candidates) {
      if (candidates.length > 0) next.set(destination, [...candidates])
    },
    taken(destination, seq) {
      const there = next.get(destination)
      if (there?.[0]?.seq === seq) there.shift()
    },
    joined(destination, origin) {
      if (next.get(destination)?.some((one) => one.origin !== origin)) next.delete(destination)
    },
    forget(destination) {
      if (destination === undefined) next.clear()
      else next.delete(destination)
    },
  }
}

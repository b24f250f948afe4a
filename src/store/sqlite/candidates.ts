import type { DatabaseSync } from 'node:sqlite'
import type { ClaimRequest } from '../contract.ts'
import { one } from './sql.ts'

/** A delivery that is ready, or one for all members of its group, which are ready together. */
interface Candidate {
  readonly seq: number
  readonly grp: number | null
  readonly due: number
  readonly origin: string
}

/** What may be claimed. */
interface Candidates {
  any(destination: number, request: ClaimRequest): boolean
  /** One for each unit: origins take turns, behind the one that was served last, and each has its own in order. */
  units(destination: number, request: ClaimRequest): Generator<Candidate, void, void>
  /** One of this origin was taken. */
  served(destination: number, origin: string): void
}

const READY = 'WHERE destination = ?1 AND state = 0 AND ready = 1'
const ANY = `FROM delivery ${READY}`
/** Left to itself SQLite walks all origins in order of due. */
const IN_TURN = `FROM delivery INDEXED BY delivery_turn ${READY}`
/** `early`: not due, but not tried since the destination came back either; a `notBefore` still counts. */
const EARLY = 'due > ?2 AND updated_at < ?3 AND (not_before IS NULL OR not_before <= ?2)'

/** The next of its kind behind a place in its origin's line. */
type Next = (behind: { readonly due: number; readonly seq: number }) => Candidate | undefined

export function createCandidates(db: DatabaseSync): Candidates {
  const anyDue = one(db, `SELECT 1 ${ANY} AND due <= ?2 LIMIT 1`)
  const anyEarly = one(db, `SELECT 1 ${ANY} AND ${EARLY} LIMIT 1`)
  const firstOrigin = one<{ origin: string | null }>(db, `SELECT min(origin) AS origin ${IN_TURN}`)
  const nextOrigin = one<{ origin: string | null }>(db, `SELECT min(origin) AS origin ${IN_TURN} AND origin > ?2`)
  const ofOrigin = `SELECT seq, grp, due, origin ${IN_TURN} AND origin = ?4 AND (due, seq) > (?5, ?6)`
  const nextDue = one<Candidate>(db, `${ofOrigin} AND due <= ?2 AND ?3 IS NULL ORDER BY due, seq LIMIT 1`)
  const nextEarly = one<Candidate>(db, `${ofOrigin} AND ${EARLY} ORDER BY due, seq LIMIT 1`)
  /** by destination */
  const last = new Map<number, string>()

  /** Those with something ready, due or not, behind the one that was served last. */
  function origins(destination: number): string[] {
    const found: string[] = []
    for (
      let origin = firstOrigin(destination)?.origin ?? null;
      origin !== null;
      origin = nextOrigin(destination, origin)?.origin ?? null
    ) {
      found.push(origin)
    }
    const served = last.get(destination) ?? ''
    const at = found.findIndex((origin) => isBehind(origin, served))
    return at < 0 ? found : [...found.slice(at), ...found.slice(0, at)]
  }

  /** Of each in turn, until none has any more. `met`: groups whose unit there was. */
  function* inTurn(lines: readonly Next[], met: Set<number>): Generator<Candidate, void, void> {
    let open = lines.map((next) => ({ next, at: { due: Number.MIN_SAFE_INTEGER, seq: 0 } }))
    while (open.length > 0) {
      const left: typeof open = []
      for (const { next, at } of open) {
        const found = firstUnmet(next, at, met)
        if (found === undefined) continue
        if (found.grp !== null) met.add(found.grp)
        yield found
        left.push({ next, at: found })
      }
      open = left
    }
  }

  return {
    any(destination, { now, early: since }) {
      if (anyDue(destination, now) !== undefined) return true
      return since !== undefined && anyEarly(destination, now, since) !== undefined
    },
    *units(destination, { now, early }) {
      const all = origins(destination)
      const met = new Set<number>()
      yield* inTurn(
        all.map(
          (origin): Next =>
            ({ due, seq }) =>
              nextDue(destination, now, null, origin, due, seq),
        ),
        met,
      )
      if (early === undefined) return
      yield* inTurn(
        all.map(
          (origin): Next =>
            ({ due, seq }) =>
              nextEarly(destination, now, early, origin, due, seq),
        ),
        met,
      )
    },
    served(destination, origin) {
      last.set(destination, origin)
    },
  }
}

function firstUnmet(next: Next, behind: Parameters<Next>[0], met: ReadonlySet<number>): Candidate | undefined {
  let found = next(behind)
  while (found !== undefined && found.grp !== null && met.has(found.grp)) found = next(found)
  return found
}

/** In the order of the index: by their UTF-8. */
function isBehind(origin: string, other: string): boolean {
  return Buffer.compare(Buffer.from(origin), Buffer.from(other)) > 0
}

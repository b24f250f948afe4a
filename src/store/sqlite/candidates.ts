import type { DatabaseSync } from 'node:sqlite'
import type { ClaimRequest } from '../contract.ts'
import type { Ahead, Candidate } from './ahead.ts'
import type { Leases } from './leases.ts'
import { all, one } from './sql.ts'

/** What may be claimed. */
interface Candidates {
  /** One for each unit: origins take turns, behind the one that was served last, and each has its own in order. */
  units(destination: number, request: ClaimRequest): Generator<Candidate, void, void>
  /**
   * The first of them, as many as are asked for, and as `units` has them: looked for some more at a time, and remembered. `waiting`: how many
   * there are, due or not, of which nobody is sending any.
   */
  next(destination: number, request: ClaimRequest, waiting: number): readonly Candidate[]
}

const READY = 'WHERE destination = ?1 AND state = 0 AND ready = 1'
const ANY = `FROM delivery ${READY}`
/** Left to itself SQLite walks all origins in order of due. */
const IN_TURN = `FROM delivery INDEXED BY delivery_turn ${READY}`
/** `early`: not due, but not tried since the destination came back either; a `notBefore` still counts. */
const EARLY = 'due > ?2 AND updated_at < ?3 AND (not_before IS NULL OR not_before <= ?2)'

/** In its origin's line. */
type Place = Pick<Candidate, 'origin' | 'due' | 'seq'>

/** The next of its kind behind a place, a few at a time. */
type Next = (behind: Place) => readonly Candidate[]
/** so many: most claims take few, and of many origins few each */
const FEW = 16
/** origins that are looked at one by one before all are asked at once whether there is anything at all */
const A_FEW = 8
/** that are looked for at a time */
const AT_ONCE = 32

export function createCandidates(db: DatabaseSync, leases: Leases, ahead: Ahead): Candidates {
  const someDue = all<{ seq: number }>(db, `SELECT seq ${ANY} AND due <= ?2 ORDER BY due LIMIT ?3`)
  const someEarly = all<{ seq: number }>(db, `SELECT seq ${ANY} AND ${EARLY} LIMIT ?4`)
  const originWhere = (where: string) =>
    one<{ origin: string | null }>(db, `SELECT min(origin) AS origin ${IN_TURN} AND ${where}`)
  const nextOrigin = originWhere('origin > ?2')
  const firstUpTo = originWhere('origin <= ?2')
  const nextUpTo = originWhere('origin > ?2 AND origin <= ?3')
  const ofOrigin = `SELECT seq, grp, due, origin, size ${IN_TURN} AND origin = ?4 AND (due, seq) > (?5, ?6)`
  const nextDue = all<Candidate>(db, `${ofOrigin} AND due <= ?2 AND ?3 IS NULL ORDER BY due, seq LIMIT ?7`)
  const nextEarly = all<Candidate>(db, `${ofOrigin} AND ${EARLY} ORDER BY due, seq LIMIT ?7`)

  /**
   * Where the lines begin of those with something ready, due or not, behind the one that was served last. Looked for one by one: there can
   * be as many as people who publish, and a claim takes few.
   */
  function* beginnings(destination: number): Generator<Place, void, void> {
    const beginning = (origin: string): Place => ({ origin, due: Number.MIN_SAFE_INTEGER, seq: 0 })
    const served = ahead.lastServed(destination)
    let found = nextOrigin(destination, served)?.origin ?? null
    for (; found !== null; found = nextOrigin(destination, found)?.origin ?? null) yield beginning(found)
    found = firstUpTo(destination, served)?.origin ?? null
    for (; found !== null; found = nextUpTo(destination, found, served)?.origin ?? null) yield beginning(found)
  }

  function hasAny(destination: number, { now, early: since }: ClaimRequest): boolean {
    const isFree = ({ seq }: { seq: number }) => !leases.has({ destination, seq })
    const enough = leases.count(destination) + 1
    if (someDue(destination, now, enough).some(isFree)) return true
    return since !== undefined && someEarly(destination, now, since, enough).some(isFree)
  }

  function* lines(destination: number, request: ClaimRequest, next: Next): Generator<Iterator<Candidate>, void, void> {
    let looked = 0
    for (const place of beginnings(destination)) {
      if (looked === A_FEW && !hasAny(destination, request)) return
      looked += 1
      yield line(place, next)
    }
  }

  /** Of each origin in turn, until none has any more. `met`: groups whose unit there was. `ended`: an origin has no more. */
  function* inTurn(
    destination: number,
    request: ClaimRequest,
    next: Next,
    met: Set<number>,
    ended = () => {},
  ): Generator<Candidate, void, void> {
    let open: Iterable<Iterator<Candidate>> = lines(destination, request, next)
    for (;;) {
      const left: Iterator<Candidate>[] = []
      for (const line of open) {
        const found = firstUnmet(
          line,
          ({ seq, grp }) => leases.has({ destination, seq }) || (grp !== null && met.has(grp)),
        )
        if (found === undefined) {
          ended()
          continue
        }
        if (found.grp !== null) met.add(found.grp)
        yield found
        left.push(line)
      }
      if (left.length === 0) return
      open = left
    }
  }

  /** What is leased stands first, and is passed by. */
  function dueAt(destination: number, { now, limit }: ClaimRequest, most = FEW): Next {
    const few = (origin: string) => Math.min(most, limit) + leases.count(destination, origin)
    return ({ origin, due, seq }) => nextDue(destination, now, null, origin, due, seq, few(origin))
  }

  /** `kept`: those behind the first `limit` that are next whatever falls due meanwhile, since each origin has one in its turn. */
  function look(destination: number, request: ClaimRequest): { found: Candidate[]; kept: Candidate[] } {
    const more = { ...request, limit: Math.max(request.limit, AT_ONCE) }
    const found: Candidate[] = []
    let end = Number.POSITIVE_INFINITY
    const ended = () => {
      end = Math.min(end, found.length)
    }
    for (const one of inTurn(destination, more, dueAt(destination, more, AT_ONCE), new Set(), ended)) {
      // a group is looked for anew, with all of its members
      if (one.grp !== null) ended()
      if (found.length === more.limit || (found.length >= request.limit && end <= found.length)) break
      found.push(one)
    }
    return { found: found.slice(0, request.limit), kept: found.slice(0, end) }
  }

  return {
    *units(destination, request) {
      const { now, early, limit } = request
      const met = new Set<number>()
      yield* inTurn(destination, request, dueAt(destination, request), met)
      if (early === undefined) return
      const few = (origin: string) => Math.min(FEW, limit) + leases.count(destination, origin)
      const next: Next = ({ origin, due, seq }) => nextEarly(destination, now, early, origin, due, seq, few(origin))
      yield* inTurn(destination, request, next, met)
    },
    next(destination, request, waiting) {
      const { limit, early } = request
      if (early !== undefined) return [...this.units(destination, request).take(limit)]
      const known = ahead.at(destination)
      if (known.length >= limit || known.length === waiting) return known.slice(0, limit)
      const { found, kept } = look(destination, request)
      ahead.forget(destination)
      ahead.keep(destination, kept)
      return found
    },
  }
}

/** What lies behind a place. */
function* line(beginning: Place, next: Next): Generator<Candidate, void, void> {
  for (let found = next(beginning); found.length > 0; found = next(found.at(-1)!)) yield* found
}

function firstUnmet(line: Iterator<Candidate>, isMet: (candidate: Candidate) => boolean): Candidate | undefined {
  for (let found = line.next(); found.done !== true; found = line.next()) if (!isMet(found.value)) return found.value
  return undefined
}

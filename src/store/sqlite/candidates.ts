import type { DatabaseSync } from 'node:sqlite'
import type { ClaimRequest } from '../contract.ts'
import { one } from './sql.ts'

/** A delivery that is ready, or one for all members of its group, which are ready together. */
interface Candidate {
  readonly seq: number
  readonly grp: number | null
}

/** What may be claimed. */
interface Candidates {
  any(destination: number, request: ClaimRequest): boolean
  /** One for each unit, in order. Nothing may be written while it is walked. */
  units(destination: number, request: ClaimRequest): Generator<Candidate, void, void>
}

const READY = 'FROM delivery WHERE destination = ?1 AND state = 0 AND ready = 1'
/** `early`: not due, but not tried since the destination came back either; a `notBefore` still counts. */
const EARLY = `${READY} AND due > ?2 AND updated_at < ?3 AND (not_before IS NULL OR not_before <= ?2)`

export function createCandidates(db: DatabaseSync): Candidates {
  const anyDue = one(db, `SELECT 1 ${READY} AND due <= ?2 LIMIT 1`)
  const anyEarly = one(db, `SELECT 1 ${EARLY} LIMIT 1`)
  const due = db.prepare(`SELECT seq, grp ${READY} AND due <= ?2 ORDER BY due, seq`)
  const early = db.prepare(`SELECT seq, grp ${EARLY} ORDER BY due, seq`)

  function* ready(destination: number, request: ClaimRequest): Generator<Candidate, void, void> {
    yield* rows(due.iterate(destination, request.now))
    if (request.early !== undefined) yield* rows(early.iterate(destination, request.now, request.early))
  }

  return {
    any(destination, { now, early: since }) {
      if (anyDue(destination, now) !== undefined) return true
      return since !== undefined && anyEarly(destination, now, since) !== undefined
    },
    *units(destination, request) {
      const met = new Set<number>()
      for (const row of ready(destination, request)) {
        if (row.grp !== null && met.has(row.grp)) continue
        if (row.grp !== null) met.add(row.grp)
        yield row
      }
    },
  }
}

function rows(found: Iterable<unknown>): Iterable<Candidate> {
  return found as Iterable<Candidate>
}

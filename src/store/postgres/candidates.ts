import { kindCode } from '../coding/codes.ts'
import type { ClaimRequest } from '../contract.ts'
import { all, type Db, one } from './sql.ts'

/** A delivery that is ready, or one for all members of its group, which are ready together. */
export interface Candidate {
  readonly seq: number
  readonly grp: number | null
  readonly origin: string
}

/** What may be claimed. */
interface Candidates {
  /** One for each unit: origins take turns, behind the one that was served last, and each has its own in order. */
  units(destination: number, request: ClaimRequest): Promise<readonly Candidate[]>
  /** One of this origin was taken. */
  served(destination: number, origin: string): void
}

/** `early`: not due, but not tried since the destination came back either; a `notBefore` still counts. */
const DUE = { of: (d: string) => `${d}.due <= $2 AND $5::bigint IS NULL` }
const EARLY = {
  of: (d: string) => `${d}.due > $2 AND ${d}.updated_at < $5 AND (${d}.not_before IS NULL OR ${d}.not_before <= $2)`,
}

/** Units of this origin, each by the member that is first due. */
const HEADS = (when: { of(d: string): string }, origin: string) => `
  SELECT d.seq, d.grp, d.due FROM delivery d
  WHERE d.destination = $1 AND d.state = 0 AND d.ready AND d.origin = ${origin} AND ${when.of('d')}
    AND (d.grp IS NULL OR NOT EXISTS (SELECT 1 FROM delivery b WHERE b.grp = d.grp AND b.state = 0 AND b.ready
      AND (b.due, b.seq) < (d.due, d.seq) AND ${when.of('b')}))`

/**
 * `$1` destination, `$2` now, `$3` how many, `$4` the origin that was served last, `$5` early. Origins are looked for one by one (a skip
 * through the index), behind the one served last and then from the beginning, until as many have something as may be taken: so neither
 * the length of their lines nor how many there are costs anything. Of each one is looked at, or as many as may be taken where they are fewer.
 */
const IN_TURN = (when: { of(d: string): string }) => `
  WITH RECURSIVE origins AS (
    SELECT $4::text COLLATE "C" AS origin, false AS wrapped, false AS has, 0 AS found
    UNION ALL
    SELECT n.origin, n.wrapped, n.has, o.found + n.has::integer FROM origins o CROSS JOIN LATERAL (
      SELECT s.origin, s.wrapped, EXISTS (${HEADS(when, 's.origin')}) AS has FROM (
        (SELECT d.origin, o.wrapped FROM delivery d WHERE d.destination = $1 AND d.state = 0 AND d.ready AND d.origin > o.origin
          AND (NOT o.wrapped OR d.origin <= $4) ORDER BY d.origin LIMIT 1)
        UNION ALL
        (SELECT d.origin, true FROM delivery d WHERE d.destination = $1 AND d.state = 0 AND d.ready AND NOT o.wrapped
          AND d.origin <= $4 ORDER BY d.origin LIMIT 1)
        ORDER BY wrapped LIMIT 1) s) n
    WHERE o.found < $3)
  SELECT c.seq, c.grp, o.origin FROM origins o CROSS JOIN LATERAL (
    SELECT f.*, row_number() OVER (ORDER BY f.due, f.seq) AS turn FROM (
      ${HEADS(when, 'o.origin')}
      ORDER BY d.due, d.seq LIMIT (SELECT CASE WHEN max(found) < $3 THEN $3 ELSE 1 END FROM origins)) f) c
  WHERE o.has
  ORDER BY c.turn, o.wrapped, o.origin LIMIT $3`

/** What is due. */
export const UNITS_IN_TURN: string = IN_TURN(DUE)

export function createCandidates(db: Db): Candidates {
  const due = all<Candidate>(db, UNITS_IN_TURN)
  const early = all<Candidate>(db, IN_TURN(EARLY))
  /** by destination */
  const last = new Map<number, string>()

  return {
    async units(destination, { now, limit, early: since }) {
      const served = last.get(destination) ?? ''
      const found = await due(destination, now, limit, served, null)
      if (since === undefined || found.length >= limit) return found
      const groups = new Set(found.map(({ grp }) => grp))
      const more = await early(destination, now, limit, served, since)
      return [...found, ...more.filter(({ grp }) => grp === null || !groups.has(grp))].slice(0, limit)
    },
    served(destination, origin) {
      last.set(destination, origin)
    },
  }
}

/** Whether there may be something: due, or early, or with a lease that ran out. */
export function createClaimable(db: Db): (request: ClaimRequest) => Promise<boolean> {
  const any = one(
    db,
    `SELECT 1 FROM destination t WHERE t.kind = $1 AND md5(t.name) = md5($2) AND t.name = $2 AND t.paused_at IS NULL AND (
       EXISTS (SELECT 1 FROM delivery d WHERE d.destination = t.id AND d.state = 0 AND d.ready AND d.due <= $3)
       OR EXISTS (SELECT 1 FROM delivery d WHERE d.destination = t.id AND d.state <> 2 AND d.state = 1 AND d.lease <= $3)
       OR ($4::bigint IS NOT NULL AND EXISTS (SELECT 1 FROM delivery d WHERE d.destination = t.id AND d.state = 0 AND d.ready
         AND d.due > $3 AND d.updated_at < $4 AND (d.not_before IS NULL OR d.not_before <= $3))))`,
  )
  return async ({ kind, destination, now, early }) =>
    (await any(kindCode(kind), destination, now, early ?? null)) !== undefined
}

import type { DatabaseSync } from 'node:sqlite'
import { PENDING } from '../coding/codes.ts'
import type { Ahead } from './ahead.ts'
import { one, run } from './sql.ts'

/** Where a delivery stands. */
export interface Place {
  readonly seq: number
  readonly destination: number
  /** its number (incidents.ts) */
  readonly incident: number
  readonly origin: string
  readonly ord: number
  readonly grp: number | null
  /** bytes that it is to send */
  readonly size: number
}

/** The columns of a `Place`. */
export const PLACE = 'seq, destination, incident, origin, ord, grp, size'

/**
 * Deliveries of one incident and origin to one destination stand in line, by `ord`: that of a group is its first member's, so a
 * document of several incidents has one place in all their lines, and no two documents can wait for each other. Who uses somebody
 * else's IncidentID stands in another line. A pending delivery is
 * `ready` when nothing unsettled stands before it, nor before any pending member of its group: the claim looks at ready ones
 * alone, however long the lines. At most one unit of a line is ready, so each change touches one neighbour at most.
 */
export interface Order {
  /** Is nobody waiting or under way in this line? */
  isEmpty(destination: number, incident: number, origin: string): boolean
  /** It became pending, somewhere in its line. */
  entered(place: Omit<Place, 'size'>): void
  /** They were sending and are pending again. */
  returned(places: readonly Place[]): void
  /** They were pending or sending and are settled. */
  left(places: readonly Place[]): void
}

/**
 * `m` has to wait: behind another (waiting.ts), or an earlier unit stands before it, or a member of its own unit, of the same line, is
 * under way.
 */
const BLOCKED = `(m.behind IS NOT NULL OR EXISTS (
  SELECT 1 FROM delivery e
  WHERE e.destination = m.destination AND e.incident = m.incident AND e.origin = m.origin AND e.state IN (0, 1)
    AND (e.ord < m.ord OR (e.ord = m.ord AND e.seq <> m.seq AND e.state = 1))))`

export function createOrder(db: DatabaseSync, ahead: Pick<Ahead, 'forget'>): Order {
  const first = one<{ seq: number; state: number; ready: number; grp: number | null }>(
    db,
    `SELECT seq, state, ready, grp FROM delivery
     WHERE destination = ? AND incident = ? AND origin = ? AND state IN (0, 1) ORDER BY ord, seq LIMIT 1`,
  )
  const next = one<{ seq: number; grp: number | null }>(
    db,
    `SELECT seq, grp FROM delivery
     WHERE destination = ? AND incident = ? AND origin = ? AND state IN (0, 1) AND ord > ? ORDER BY ord, seq LIMIT 1`,
  )
  const refreshOne = run(db, `UPDATE delivery AS m SET ready = NOT ${BLOCKED} WHERE m.seq = ? AND m.state = 0`)
  const groupBlocked = one<{ blocked: number }>(
    db,
    `SELECT EXISTS (SELECT 1 FROM delivery m WHERE m.grp = ? AND m.state = 0 AND ${BLOCKED}) AS blocked`,
  )
  const refreshGroup = run(db, 'UPDATE delivery SET ready = ?1 WHERE grp = ?2 AND state = 0 AND ready <> ?1')

  const entering = one<{ blocked: number; ready: number | null }>(
    db,
    `SELECT ${BLOCKED} AS blocked, (SELECT o.ready FROM delivery o WHERE o.grp = m.grp AND o.state = 0 AND o.seq <> m.seq LIMIT 1) AS ready
     FROM delivery m WHERE m.seq = ?`,
  )
  const setReady = run(db, 'UPDATE delivery SET ready = ?1 WHERE seq = ?2 AND ready <> ?1')

  /** A group of many once, for all of its members. */
  function refresh(units: readonly { seq: number; grp: number | null }[]): void {
    const groups = new Set<number>()
    for (const { seq, grp } of units) {
      if (grp === null) refreshOne(seq)
      else groups.add(grp)
    }
    for (const grp of groups) refreshGroup(1 - groupBlocked(grp)!.blocked, grp)
  }

  /** What is new in a group is ready as its others are, or has them wait as well. */
  function enter({ seq, grp }: Omit<Place, 'size'>): void {
    if (grp === null) {
      refreshOne(seq)
      return
    }
    const { blocked, ready } = entering(seq)!
    if (blocked === 1) refreshGroup(0, grp)
    setReady(blocked === 1 ? 0 : (ready ?? 1), seq)
  }

  /** Who is next there may be another. */
  const changed = ({ destination }: Pick<Place, 'destination'>) => ahead.forget(destination)

  return {
    isEmpty: (destination, incident, origin) => first(destination, incident, origin) === undefined,
    entered(place) {
      changed(place)
      enter(place)
      const follower = next(place.destination, place.incident, place.origin, place.ord)
      if (follower !== undefined) refresh([follower])
    },
    returned(places) {
      places.forEach(changed)
      refresh(places)
    },
    left(places) {
      places.forEach(changed)
      const heads = places.flatMap((place) => first(place.destination, place.incident, place.origin) ?? [])
      const waiting = heads.filter(({ state, ready }) => state === PENDING && ready === 0)
      refresh([...waiting, ...places.filter(({ grp }) => grp !== null)])
    },
  }
}

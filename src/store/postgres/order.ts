import { PENDING } from '../coding/codes.ts'
import { all, type Db, one, run } from './sql.ts'

/** Where a delivery stands. */
export interface Place {
  readonly seq: number
  readonly destination: number
  /** of its incident and origin (capped.ts) */
  readonly line: string
  readonly ord: number
  readonly grp: number | null
}

export const PLACE = 'seq, destination, line, ord, grp'

/**
 * Deliveries of one incident and origin to one destination stand in line, by `ord`: that of a group is its first member's, so a
 * document of several incidents has one place in all their lines, and no two documents can wait for each other. A pending delivery is
 * `ready` when nothing unsettled stands before it, nor before any pending member of its group: the claim looks at ready ones alone,
 * however long the lines. At most one unit of a line is ready. The destination's row is locked meanwhile, so this holds for all gateways.
 */
export interface Order {
  /** It became pending, somewhere in its line. */
  entered(place: Place): Promise<void>
  /** They were sending and are pending again. */
  returned(places: readonly Place[]): Promise<void>
  /** They were pending or sending and are settled. */
  left(places: readonly Place[]): Promise<void>
}

/**
 * `m` has to wait: behind another (waiting.ts), or an earlier unit stands before it, or a member of its own unit, of the same line, is
 * under way.
 */
const BLOCKED = `(m.behind IS NOT NULL OR EXISTS (
  SELECT 1 FROM delivery e
  WHERE e.destination = m.destination AND e.line = m.line AND e.state IN (0, 1)
    AND (e.ord < m.ord OR (e.ord = m.ord AND e.seq <> m.seq AND e.state = 1))))`

interface Unit {
  readonly seq: number
  readonly grp: number | null
}

export function createOrder(db: Db): Order {
  const heads = all<Unit & { state: number; ready: boolean }>(
    db,
    `SELECT f.seq, f.grp, f.state, f.ready FROM unnest($1::bigint[], $2::text[]) AS l (destination, line)
     CROSS JOIN LATERAL (SELECT seq, grp, state, ready FROM delivery d
       WHERE d.destination = l.destination AND d.line = l.line AND d.state IN (0, 1) ORDER BY d.ord, d.seq LIMIT 1) f`,
  )
  const next = one<Unit>(
    db,
    `SELECT seq, grp FROM delivery
     WHERE destination = $1 AND line = $2 AND state IN (0, 1) AND ord > $3 ORDER BY ord, seq LIMIT 1`,
  )
  const refreshSingle = run(
    db,
    `UPDATE delivery m SET ready = NOT ${BLOCKED} WHERE m.seq = ANY($1::bigint[]) AND m.state = 0 AND m.ready = ${BLOCKED}`,
  )
  const refreshGroups = run(
    db,
    `UPDATE delivery d SET ready = u.ready FROM (
       SELECT m.grp, NOT bool_or${BLOCKED} AS ready FROM delivery m WHERE m.grp = ANY($1::bigint[]) AND m.state = 0 GROUP BY m.grp) u
     WHERE d.grp = u.grp AND d.state = 0 AND d.ready <> u.ready`,
  )

  const entering = one<{ blocked: boolean; ready: boolean | null }>(
    db,
    `SELECT ${BLOCKED} AS blocked, (SELECT o.ready FROM delivery o WHERE o.grp = m.grp AND o.state = 0 AND o.seq <> m.seq LIMIT 1) AS ready
     FROM delivery m WHERE m.seq = $1`,
  )
  const setReady = run(db, 'UPDATE delivery SET ready = $1 WHERE seq = $2 AND ready <> $1')

  /** What is new in a group is ready as its others are, or has them wait as well: a group may be long. */
  async function enter({ seq, grp }: Unit): Promise<void> {
    if (grp === null) return refresh([{ seq, grp }])
    const { blocked, ready } = (await entering(seq))!
    if (blocked) await refreshGroups([grp])
    else await setReady(ready ?? true, seq)
  }

  async function refresh(units: readonly Unit[]): Promise<void> {
    const single = units.filter(({ grp }) => grp === null).map(({ seq }) => seq)
    const groups = [...new Set(units.flatMap(({ grp }) => (grp === null ? [] : [grp])))]
    if (single.length > 0) await refreshSingle(single)
    if (groups.length > 0) await refreshGroups(groups)
  }

  return {
    async entered(place) {
      await enter(place)
      const follower = await next(place.destination, place.line, place.ord)
      if (follower !== undefined) await refresh([follower])
    },
    returned: refresh,
    async left(places) {
      if (places.length === 0) return
      const lines = new Map(places.map((place) => [`${place.destination} ${place.line}`, place]))
      const first = await heads(
        [...lines.values()].map(({ destination }) => destination),
        [...lines.values()].map(({ line }) => line),
      )
      const waiting = first.filter(({ state, ready }) => state === PENDING && !ready)
      await refresh([...waiting, ...places.filter(({ grp }) => grp !== null)])
    },
  }
}

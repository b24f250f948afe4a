import { type DeliveryState, type DestinationKey, type DestinationKind, destinationKey } from '../../vocabulary.ts'
import { capped } from '../coding/capped.ts'
import { kindCode, kindName } from '../coding/codes.ts'
import { COUNTED, type Counted, isCounted } from '../coding/deliveries.ts'
import type { Pause } from '../contract.ts'
import { all, type Db, one, run } from './sql.ts'
import type { Touches } from './writer-jobs.ts'

/**
 * Destinations by name, and the count of each one's deliveries by state. Whoever changes its deliveries has its row locked: so lines,
 * turns and counts are one gateway's at a time, and what a statement finds of them is not changed by others before the commit.
 */
export interface Destinations {
  /** First thing in a transaction: locks what it will change, in the order of keys. */
  lock(touches: readonly Touches[]): Promise<void>
  /** Locks it; undefined where there is none. */
  find(kind: DestinationKind, name: string): Promise<number | undefined>
  /** Locks it; makes the row when it is new. */
  require(kind: DestinationKind, name: string): Promise<number>
  /** These may not have been known before. */
  hold(ids: readonly number[]): Promise<void>
  /** Counts one delivery out of `from` (null: it is new) and into `to` (null: it is gone). Written with `flush`. */
  moved(destination: number, from: DeliveryState | null, to: DeliveryState | null): void
  /** Last thing in a transaction. */
  flush(): Promise<void>
  /** The transaction is undone, or over. */
  forget(): void
  /** Inside a transaction. A second pause changes nothing; null resumes. Was it otherwise before? */
  pause(destination: number, pause: Pause | null): Promise<boolean>
  isPaused(destination: number): Promise<boolean>
}

/** `waited`: told behind each lock, for which others may have been waited; what was reserved before it is out of date. */
export function createDestinations(db: Db, waited: () => void): Destinations {
  const lockAll = all<{ id: number; kind: number; name: string }>(
    db,
    `SELECT t.id, t.kind, t.name FROM destination t
     WHERE t.id IN (
       SELECT n.id FROM destination n JOIN unnest($1::smallint[], $2::text[]) AS asked (kind, name)
         ON n.kind = asked.kind AND md5(n.name) = md5(asked.name)
       UNION ALL SELECT d.destination FROM delivery d WHERE d.seq = ANY($3::bigint[]))
     ORDER BY t.id FOR NO KEY UPDATE OF t`,
  )
  const lockThese = all<{ id: number }>(
    db,
    'SELECT id FROM destination WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE',
  )
  const lockOne = one<{ id: number }>(
    db,
    'SELECT id FROM destination WHERE kind = $1 AND md5(name) = md5($2) AND name = $2 FOR NO KEY UPDATE',
  )
  const insert = one<{ id: number }>(
    db,
    'INSERT INTO destination (kind, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id',
  )
  const add = run(
    db,
    `UPDATE destination t SET pending = t.pending + c.pending, sending = t.sending + c.sending, held = t.held + c.held,
       withheld = t.withheld + c.withheld
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS c (id, pending, sending, held, withheld)
     WHERE t.id = c.id`,
  )
  const pauseOne = run(db, 'UPDATE destination SET paused_at = $1, paused_by = $2 WHERE id = $3 AND paused_at IS NULL')
  const resumeOne = run(
    db,
    'UPDATE destination SET paused_at = NULL, paused_by = NULL WHERE id = $1 AND paused_at IS NOT NULL',
  )
  const paused = one<{ at: number | null }>(db, 'SELECT paused_at AS at FROM destination WHERE id = $1')
  /** in this transaction */
  const locked = new Map<DestinationKey, number>()
  const held = new Set<number>()
  const changes = new Map<number, Record<Counted, number>>()

  function know(kind: DestinationKind, name: string, id: number): number {
    waited()
    locked.set(destinationKey(kind, name), id)
    held.add(id)
    return id
  }

  async function find(kind: DestinationKind, name: string): Promise<number | undefined> {
    const known = locked.get(destinationKey(kind, name))
    if (known !== undefined) return known
    const row = await lockOne(kindCode(kind), name)
    return row && know(kind, name, row.id)
  }

  return {
    find,
    async lock(touches) {
      const named = new Map(
        touches
          .flatMap(({ destinations = [] }) => destinations)
          .map(({ kind, destination }) => [destinationKey(kind, destination), { kind, destination }]),
      )
      const deliveries = touches.flatMap((one) => one.deliveries ?? [])
      if (named.size === 0 && deliveries.length === 0) return
      const asked = [...named.values()]
      const rows = await lockAll(
        asked.map(({ kind }) => kindCode(kind)),
        asked.map(({ destination }) => destination),
        deliveries,
      )
      for (const { id, kind, name } of rows) know(kindName(kind), name, id)
    },
    async require(kind, name) {
      const known = await find(kind, name)
      if (known !== undefined) return known
      const made = await insert(kindCode(kind), name)
      if (made !== undefined) return know(kind, name, made.id)
      // another gateway was faster
      return know(kind, name, (await lockOne(kindCode(kind), name))!.id)
    },
    async hold(ids) {
      const fresh = [...new Set(ids)].filter((id) => !held.has(id))
      if (fresh.length === 0) return
      for (const { id } of await lockThese(fresh)) held.add(id)
      waited()
    },
    moved(destination, from, to) {
      let change = changes.get(destination)
      if (change === undefined) {
        change = { pending: 0, sending: 0, held: 0, withheld: 0 }
        changes.set(destination, change)
      }
      if (from !== null && isCounted(from)) change[from]--
      if (to !== null && isCounted(to)) change[to]++
    },
    async flush() {
      const real = [...changes].filter(([, change]) => COUNTED.some((state) => change[state] !== 0))
      if (real.length === 0) return
      const column = (state: Counted) => real.map(([, change]) => change[state])
      await add(
        real.map(([id]) => id),
        column('pending'),
        column('sending'),
        column('held'),
        column('withheld'),
      )
    },
    forget() {
      changes.clear()
      locked.clear()
      held.clear()
    },
    async pause(destination, pause) {
      return (pause === null ? await resumeOne(destination) : await pauseOne(pause.since, pause.by, destination)) > 0
    },
    isPaused: async (destination) => ((await paused(destination))?.at ?? null) !== null,
  }
}

/** What is only read of destinations. */
interface DestinationCounts {
  /** pending and sending ones, to one or (null) to all of the kind, of all origins or of one */
  unsettled(kind: DestinationKind, name: string | null, origin?: string): Promise<number>
  /** of the payloads of those of one origin to all of the kind */
  unsettledBytes(kind: DestinationKind, origin: string): Promise<number>
}

export function createDestinationCounts(db: Db): DestinationCounts {
  const counted = one<{ n: number }>(
    db,
    `SELECT coalesce(sum(pending + sending), 0)::bigint AS n FROM destination
     WHERE kind = $1 AND ($2::text IS NULL OR (md5(name) = md5($2) AND name = $2))`,
  )
  const share = one<{ n: number }>(
    db,
    `SELECT count(*) AS n FROM destination t JOIN delivery d ON d.destination = t.id AND d.origin = $3 AND d.state IN (0, 1)
     WHERE t.kind = $1 AND ($2::text IS NULL OR t.name = $2)`,
  )
  const bytes = one<{ n: number }>(
    db,
    `SELECT coalesce(sum(octet_length(b.text)), 0)::bigint AS n
     FROM destination t JOIN delivery d ON d.destination = t.id AND d.origin = $2 AND d.state IN (0, 1)
     JOIN payload p ON p.delivery = d.seq JOIN body b ON b.seq = p.body WHERE t.kind = $1`,
  )
  return {
    async unsettled(kind, name, origin) {
      const row = origin === undefined ? counted(kindCode(kind), name) : share(kindCode(kind), name, capped(origin))
      return (await row)!.n
    },
    unsettledBytes: async (kind, origin) => (await bytes(kindCode(kind), capped(origin)))!.n,
  }
}

import type { DatabaseSync } from 'node:sqlite'
import { type DeliveryState, type DestinationKey, type DestinationKind, destinationKey } from '../../vocabulary.ts'
import type { Pause } from '../contract.ts'
import { kindCode, kindName } from './codes.ts'
import { all, one, run } from './sql.ts'

/** States whose deliveries are counted; delivered and discarded ones only ever grow. */
const COUNTED = ['pending', 'sending', 'held', 'withheld'] as const
type Counted = (typeof COUNTED)[number]

interface DestinationRow {
  readonly id: number
  readonly kind: DestinationKind
  readonly name: string
  readonly pending: number
  readonly sending: number
  readonly held: number
  readonly withheld: number
  readonly paused: Pause | null
}

/** Destinations by name, and the count of each one's deliveries by state. */
export interface Destinations {
  find(kind: DestinationKind, name: string): number | undefined
  /** Only inside a transaction: makes the row when it is new. */
  require(kind: DestinationKind, name: string): number
  /** Counts one delivery out of `from` (null: it is new) and into `to` (null: it is gone). On disk with `flush`. */
  moved(destination: number, from: DeliveryState | null, to: DeliveryState | null): void
  /** Last thing in a transaction. */
  flush(): void
  /** The transaction is undone. */
  forget(): void
  all(): DestinationRow[]
  /** Inside a transaction. A second pause changes nothing; null resumes. Was it otherwise before? */
  pause(destination: number, pause: Pause | null): boolean
  isPaused(destination: number): boolean
  /** pending and sending ones, to one or (null) to all of the kind, of all origins or of one */
  unsettled(kind: DestinationKind, name: string | null, origin?: string): number
  /** of the payloads of those of one origin to all of the kind */
  unsettledBytes(kind: DestinationKind, origin: string): number
}

export function createDestinations(db: DatabaseSync): Destinations {
  const select = one<{ id: number }>(db, 'SELECT id FROM destination WHERE kind = ? AND name = ?')
  const insert = one<{ id: number }>(db, 'INSERT INTO destination (kind, name) VALUES (?, ?) RETURNING id')
  const add = run(
    db,
    `UPDATE destination SET pending = pending + ?, sending = sending + ?, held = held + ?, withheld = withheld + ?
     WHERE id = ?`,
  )
  const list = all<
    Omit<DestinationRow, 'kind' | 'paused'> & { kind: number; paused_at: number | null; paused_by: string | null }
  >(
    db,
    'SELECT id, kind, name, pending, sending, held, withheld, paused_at, paused_by FROM destination ORDER BY kind, name',
  )
  const pauseOne = run(db, 'UPDATE destination SET paused_at = ?, paused_by = ? WHERE id = ? AND paused_at IS NULL')
  const resumeOne = run(
    db,
    'UPDATE destination SET paused_at = NULL, paused_by = NULL WHERE id = ? AND paused_at IS NOT NULL',
  )
  const paused = one<{ at: number | null }>(db, 'SELECT paused_at AS at FROM destination WHERE id = ?')
  const total = one<{ n: number }>(db, 'SELECT pending + sending AS n FROM destination WHERE id = ?')
  const share = one<{ n: number }>(
    db,
    'SELECT count(*) AS n FROM delivery WHERE destination = ? AND origin = ? AND state IN (0, 1)',
  )
  const totalOfKind = one<{ n: number }>(
    db,
    'SELECT coalesce(sum(pending + sending), 0) AS n FROM destination WHERE kind = ?',
  )
  const shareOfKind = one<{ n: number }>(
    db,
    `SELECT count(*) AS n FROM destination t CROSS JOIN delivery d INDEXED BY delivery_line
     ON d.destination = t.id AND d.origin = ?2 AND d.state IN (0, 1) WHERE t.kind = ?1`,
  )
  const bytesOfKind = one<{ n: number }>(
    db,
    `SELECT coalesce(sum(octet_length(b.text)), 0) AS n
     FROM destination t CROSS JOIN delivery d INDEXED BY delivery_line
     ON d.destination = t.id AND d.origin = ?2 AND d.state IN (0, 1)
     JOIN body b ON b.seq = d.body WHERE t.kind = ?1`,
  )
  const known = new Map<DestinationKey, number>()
  const changes = new Map<number, Record<Counted, number>>()

  function find(kind: DestinationKind, name: string): number | undefined {
    const key = destinationKey(kind, name)
    const cached = known.get(key)
    if (cached !== undefined) return cached
    const id = select(kindCode(kind), name)?.id
    if (id !== undefined) known.set(key, id)
    return id
  }

  return {
    find,
    require(kind, name) {
      return find(kind, name) ?? insert(kindCode(kind), name)!.id
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
    flush() {
      for (const [id, change] of changes) {
        if (COUNTED.some((state) => change[state] !== 0)) {
          add(change.pending, change.sending, change.held, change.withheld, id)
        }
      }
      changes.clear()
    },
    forget() {
      changes.clear()
      known.clear()
    },
    unsettledBytes: (kind, origin) => bytesOfKind(kindCode(kind), origin)!.n,
    unsettled(kind, name, origin) {
      if (name === null) {
        const code = kindCode(kind)
        return (origin === undefined ? totalOfKind(code) : shareOfKind(code, origin))!.n
      }
      const id = find(kind, name)
      if (id === undefined) return 0
      return (origin === undefined ? total(id) : share(id, origin))!.n
    },
    pause(destination, pause) {
      return (pause === null ? resumeOne(destination) : pauseOne(pause.since, pause.by, destination)) > 0
    },
    isPaused: (destination) => (paused(destination)?.at ?? null) !== null,
    all: () =>
      list().map(({ paused_at: since, paused_by: by, ...row }) => ({
        ...row,
        kind: kindName(row.kind),
        paused: since === null ? null : { since, by: by ?? '' },
      })),
  }
}

function isCounted(state: DeliveryState): state is Counted {
  return (COUNTED as readonly string[]).includes(state)
}

import type { DatabaseSync } from 'node:sqlite'
import { type DeliveryState, type DestinationKey, type DestinationKind, destinationKey } from '../../vocabulary.ts'
import { kindCode, kindName } from '../coding/codes.ts'
import { COUNTED, type Counted, isCounted } from '../coding/deliveries.ts'
import type { Backlog, Pause } from '../contract.ts'
import type { Leases } from './leases.ts'
import { createShares, type Sharing } from './shares.ts'
import { all, one, run } from './sql.ts'

type Counts = Record<Counted, number>

/** A destination as it was committed last. */
interface Standing extends Counts {
  readonly id: number
  readonly kind: number
  readonly name: string
  readonly paused: Pause | null
  /** what it comes to: made when it is asked for, and anew once something changed */
  shown?: Backlog | undefined
}

/**
 * Destinations by name, and what waits at each. It is known by heart, and changed with each commit, so that looking at all of them costs
 * something for those alone where something happened.
 */
export interface Destinations {
  find(kind: DestinationKind, name: string): number | undefined
  /** Only inside a transaction: makes the row when it is new. */
  require(kind: DestinationKind, name: string): number
  /** Counts one delivery out of `from` (null: it is new) and into `to` (null: it is gone). On disk with `flush`. */
  moved(place: Sharing, from: DeliveryState | null, to: DeliveryState | null): void
  /** Counts one out of those that are pending, and into those that are being sent. */
  leased(destination: number): void
  /** When something is due there may be another time than before: at this one, or anywhere. */
  touched(destination?: number): void
  /** Last thing in a transaction. */
  flush(): void
  /** What is known by heart may be untrue: the transaction is undone, or another process wrote. */
  forget(): void
  backlog(): Backlog[]
  /** Inside a transaction. A second pause changes nothing; null resumes. Was it otherwise before? */
  pause(destination: number, pause: Pause | null): boolean
  isPaused(destination: number): boolean
  /** Those counted now, also inside a transaction. */
  count(destination: number, state: Counted): number
  /** Outside of a transaction, again and again until it says true: then there is an answer to what is asked of an origin. */
  prepareShares(): boolean
  /** pending and sending ones, to one or (null) to all of the kind, of all origins or of one */
  unsettled(kind: DestinationKind, name: string | null, origin?: string): number
  /** of the payloads of those of one origin to all of the kind */
  unsettledBytes(kind: DestinationKind, origin: string): number
}

export function createDestinations(db: DatabaseSync, leases: Leases): Destinations {
  const select = one<{ id: number }>(db, 'SELECT id FROM destination WHERE kind = ? AND name = ?')
  const insert = one<{ id: number }>(db, 'INSERT INTO destination (kind, name) VALUES (?, ?) RETURNING id')
  const add = run(
    db,
    `UPDATE destination SET pending = pending + ?, sending = sending + ?, held = held + ?, withheld = withheld + ?
     WHERE id = ?`,
  )
  const list = all<Omit<Standing, 'paused'> & { paused_at: number | null; paused_by: string | null }>(
    db,
    'SELECT id, kind, name, pending, sending, held, withheld, paused_at, paused_by FROM destination ORDER BY kind, name',
  )
  const pauseOne = run(db, 'UPDATE destination SET paused_at = ?, paused_by = ? WHERE id = ? AND paused_at IS NULL')
  const resumeOne = run(
    db,
    'UPDATE destination SET paused_at = NULL, paused_by = NULL WHERE id = ? AND paused_at IS NOT NULL',
  )
  const oldest = one<{ at: number | null }>(
    db,
    `SELECT created_at AS at FROM delivery INDEXED BY delivery_open
     WHERE destination = ? AND state IN (0, 1) ORDER BY seq LIMIT 1`,
  )
  const firstReady = all<{ seq: number; due: number }>(
    db,
    'SELECT seq, due FROM delivery WHERE destination = ? AND state = 0 AND ready = 1 ORDER BY due LIMIT ?',
  )
  const leaseEnd = one<{ at: number | null }>(
    db,
    'SELECT min(lease) AS at FROM delivery WHERE destination = ? AND state = 1',
  )
  const shares = createShares(db)
  const known = new Map<DestinationKey, number>()
  const changes = new Map<number, Counts>()
  /** in the order in which they are shown */
  let standings: Map<number, Standing> | undefined

  function ofAll(): Map<number, Standing> {
    standings ??= new Map(
      list().map(({ paused_at: since, paused_by: by, ...row }) => [
        row.id,
        { ...row, paused: since === null ? null : { since, by: by ?? '' } },
      ]),
    )
    return standings
  }

  function find(kind: DestinationKind, name: string): number | undefined {
    const key = destinationKey(kind, name)
    const cached = known.get(key)
    if (cached !== undefined) return cached
    const id = select(kindCode(kind), name)?.id
    if (id !== undefined) known.set(key, id)
    return id
  }

  function changeOf(destination: number): Counts {
    const change = changes.get(destination) ?? { pending: 0, sending: 0, held: 0, withheld: 0 }
    changes.set(destination, change)
    return change
  }

  function due(destination: number): number | null {
    const isFree = ({ seq }: { seq: number }) => !leases.has({ destination, seq })
    const ready = firstReady(destination, leases.count(destination) + 1).find(isFree)
    const ends = Array.from(leases.at(destination), ({ until }) => until)
    const times = [ready?.due, leaseEnd(destination)?.at, ...ends].filter((time) => typeof time === 'number')
    return times.length === 0 ? null : Math.min(...times)
  }

  function show(standing: Standing): Backlog {
    if (standing.shown !== undefined) return standing.shown
    const { id, kind, name, held, withheld, paused } = standing
    const unwritten = leases.count(id)
    const pending = standing.pending - unwritten
    const sending = standing.sending + unwritten
    standing.shown = {
      ...{ kind: kindName(kind), destination: name, pending, sending, held, withheld, paused },
      oldest: pending + sending === 0 ? null : (oldest(id)?.at ?? null),
      due: pending === 0 || paused !== null ? null : due(id),
    }
    return standing.shown
  }

  return {
    find,
    require(kind, name) {
      const id = find(kind, name)
      if (id !== undefined) return id
      // it has its place among the others
      standings = undefined
      return insert(kindCode(kind), name)!.id
    },
    moved(place, from, to) {
      const change = changeOf(place.destination)
      if (from !== null && isCounted(from)) change[from]--
      if (to !== null && isCounted(to)) change[to]++
      const more = Number(isOpen(to)) - Number(isOpen(from))
      if (more !== 0) shares.changed(ofAll().get(place.destination)!.kind, place, more > 0 ? 1 : -1)
    },
    leased(destination) {
      const change = changeOf(destination)
      change.pending--
      change.sending++
    },
    touched(destination) {
      if (destination === undefined) standings = undefined
      else delete standings?.get(destination)?.shown
    },
    flush() {
      for (const [id, change] of changes) {
        const standing = standings?.get(id)
        delete standing?.shown
        if (COUNTED.every((state) => change[state] === 0)) continue
        add(change.pending, change.sending, change.held, change.withheld, id)
        if (standing !== undefined) for (const state of COUNTED) standing[state] += change[state]
      }
      changes.clear()
    },
    forget() {
      changes.clear()
      known.clear()
      standings = undefined
      shares.forget()
    },
    backlog: () => Array.from(ofAll().values(), show),
    prepareShares: shares.prepare,
    unsettledBytes: (kind, origin) => shares.ofKind(kindCode(kind), origin).bytes,
    unsettled(kind, name, origin) {
      const code = kindCode(kind)
      if (name === null) {
        if (origin !== undefined) return shares.ofKind(code, origin).deliveries
        let sum = 0
        for (const one of ofAll().values()) if (one.kind === code) sum += one.pending + one.sending
        return sum
      }
      const id = find(kind, name)
      if (id === undefined) return 0
      if (origin !== undefined) return shares.at(id, origin).deliveries
      const { pending, sending } = ofAll().get(id)!
      return pending + sending
    },
    pause(destination, pause) {
      standings = undefined
      return (pause === null ? resumeOne(destination) : pauseOne(pause.since, pause.by, destination)) > 0
    },
    isPaused: (destination) => ofAll().get(destination)!.paused !== null,
    count: (destination, state) => ofAll().get(destination)![state] + (changes.get(destination)?.[state] ?? 0),
  }
}

function isOpen(state: DeliveryState | null): boolean {
  return state === 'pending' || state === 'sending'
}

import type { DatabaseSync } from 'node:sqlite'
import type { Place } from './order.ts'
import { all, one } from './sql.ts'

/** Deliveries not settled, and the bytes that they are to send. */
interface Share {
  deliveries: number
  bytes: number
}

export type Sharing = Pick<Place, 'destination' | 'incident' | 'origin' | 'size'>

/**
 * What each origin has waiting, at each destination and at all of a kind. It is counted when first asked for, a slice at a time, and kept up
 * from then on; until then it costs nothing.
 */
interface Shares {
  /** One more (1) or one less (-1) waits. */
  changed(kind: number, place: Sharing, by: 1 | -1): void
  /**
   * Outside of a transaction: counts a slice where they are not counted. Once it says true they can be asked for: what was known before is
   * good enough while all are counted anew.
   */
  prepare(): boolean
  at(destination: number, origin: string): Readonly<Share>
  ofKind(kind: number, origin: string): Readonly<Share>
  forget(): void
}

type Spot = Pick<Place, 'destination' | 'incident'>

interface Sum extends Share {
  readonly kind: number
  readonly destination: number
  readonly origin: string
}

const NOTHING: Readonly<Share> = { deliveries: 0, bytes: 0 }
const BEGINNING: Spot = { destination: 0, incident: 0 }
const END: Spot = { destination: Number.MAX_SAFE_INTEGER, incident: 0 }
/** deliveries counted at once: some milliseconds */
const SLICE = 5000

export function createShares(db: DatabaseSync, slice = SLICE): Shares {
  const waiting = 'delivery d INDEXED BY delivery_line'
  const behind = 'd.state IN (0, 1) AND (d.destination, d.incident) > (?1, ?2)'
  const spotBehind = one<Spot>(
    db,
    `SELECT d.destination, d.incident FROM ${waiting} WHERE ${behind} ORDER BY d.destination, d.incident LIMIT 1 OFFSET ?3`,
  )
  const count = all<Sum>(
    db,
    `SELECT t.kind, s.* FROM (
       SELECT d.destination, d.origin, count(*) AS deliveries, sum(d.size) AS bytes FROM ${waiting}
       WHERE ${behind} AND (d.destination, d.incident) <= (?3, ?4) GROUP BY d.destination, d.origin) s
     JOIN destination t ON t.id = s.destination`,
  )
  let counts = new Map<string, Share>()
  /** so far all are counted */
  let counted = BEGINNING
  /** as they were before it was begun anew */
  let before: Map<string, Share> | undefined

  function add(into: Map<string, Share>, name: string, deliveries: number, bytes: number): void {
    const share = into.get(name) ?? { deliveries: 0, bytes: 0 }
    share.deliveries += deliveries
    share.bytes += bytes
    if (share.deliveries === 0) into.delete(name)
    else into.set(name, share)
  }

  function addEach(into: Map<string, Share>, { kind, destination, origin, deliveries, bytes }: Sum): void {
    add(into, atName(destination, origin), deliveries, bytes)
    add(into, kindName(kind, origin), deliveries, bytes)
  }

  function countSlice(): void {
    const end = spotBehind(counted.destination, counted.incident, slice - 1) ?? END
    for (const sum of count(counted.destination, counted.incident, end.destination, end.incident)) addEach(counts, sum)
    counted = end
    if (counted === END) before = undefined
  }

  const known = () => before ?? counts

  return {
    changed(kind, { destination, incident, origin, size }, by) {
      const sum = { kind, destination, origin, deliveries: by, bytes: by * size }
      if (before !== undefined) addEach(before, sum)
      // what lies behind is counted as it will be
      if (!isBehind({ destination, incident }, counted)) addEach(counts, sum)
    },
    prepare() {
      if (counted !== END) countSlice()
      return counted === END || before !== undefined
    },
    at: (destination, origin) => known().get(atName(destination, origin)) ?? NOTHING,
    ofKind: (kind, origin) => known().get(kindName(kind, origin)) ?? NOTHING,
    forget() {
      if (counted === END) before = counts
      counts = new Map()
      counted = BEGINNING
    },
  }
}

function isBehind(one: Spot, other: Spot): boolean {
  return one.destination === other.destination ? one.incident > other.incident : one.destination > other.destination
}

const atName = (destination: number, origin: string) => `at ${destination} ${origin}`
const kindName = (kind: number, origin: string) => `of ${kind} ${origin}`

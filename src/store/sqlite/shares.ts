import type { DatabaseSync } from 'node:sqlite'
import type { Place } from './order.ts'
import { all } from './sql.ts'

/** Deliveries not settled, and the bytes that they are to send. */
interface Share {
  deliveries: number
  bytes: number
}

/**
 * What each origin has waiting, at each destination and at all of a kind. It is counted once, when first asked for, and kept up from then
 * on; until then it costs nothing.
 */
interface Shares {
  /** One more (1) or one less (-1) waits. */
  changed(kind: number, place: Pick<Place, 'destination' | 'origin' | 'size'>, by: 1 | -1): void
  at(destination: number, origin: string): Readonly<Share>
  ofKind(kind: number, origin: string): Readonly<Share>
  forget(): void
}

interface Counted extends Share {
  readonly kind: number
  readonly destination: number
  readonly origin: string
}

const NOTHING: Readonly<Share> = { deliveries: 0, bytes: 0 }

export function createShares(db: DatabaseSync): Shares {
  const count = all<Counted>(
    db,
    `SELECT t.kind, d.destination, d.origin, count(*) AS deliveries, sum(d.size) AS bytes
     FROM delivery d INDEXED BY delivery_line JOIN destination t ON t.id = d.destination
     WHERE d.state IN (0, 1) GROUP BY d.destination, d.origin`,
  )
  let counted: Map<string, Share> | undefined

  function add(into: Map<string, Share>, name: string, deliveries: number, bytes: number): void {
    const share = into.get(name) ?? { deliveries: 0, bytes: 0 }
    share.deliveries += deliveries
    share.bytes += bytes
    if (share.deliveries === 0) into.delete(name)
    else into.set(name, share)
  }

  function known(): Map<string, Share> {
    if (counted !== undefined) return counted
    counted = new Map()
    for (const { kind, destination, origin, deliveries, bytes } of count()) {
      add(counted, atName(destination, origin), deliveries, bytes)
      add(counted, kindName(kind, origin), deliveries, bytes)
    }
    return counted
  }

  return {
    changed(kind, { destination, origin, size }, by) {
      if (counted === undefined) return
      add(counted, atName(destination, origin), by, by * size)
      add(counted, kindName(kind, origin), by, by * size)
    },
    at: (destination, origin) => known().get(atName(destination, origin)) ?? NOTHING,
    ofKind: (kind, origin) => known().get(kindName(kind, origin)) ?? NOTHING,
    forget() {
      counted = undefined
    },
  }
}

const atName = (destination: number, origin: string) => `at ${destination} ${origin}`
const kindName = (kind: number, origin: string) => `of ${kind} ${origin}`

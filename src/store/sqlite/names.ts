import type { DatabaseSync } from 'node:sqlite'
import type { NewDelivery } from '../contract.ts'
import { one } from './sql.ts'

/** What deliveries to Topics go out as (NewDelivery.apart). */
interface Names {
  /** Inside a transaction: null where nothing can stand apart. */
  of(destination: number, source: string, delivery: NewDelivery): string | null
}

export function createNames(db: DatabaseSync): Names {
  const latest = one<{ source: string; variant: string }>(
    db,
    `SELECT e.source, d.variant FROM delivery d JOIN envelope e ON e.seq = d.envelope
     WHERE d.name = ? AND d.destination = ? ORDER BY d.seq DESC LIMIT 1`,
  )
  const cameFromThere = one(
    db,
    `SELECT 1 FROM delivery d JOIN envelope e ON e.seq = d.envelope
     WHERE d.item = ? AND d.variant <> ? AND e.direction = 1 AND e.source = ? LIMIT 1`,
  )

  return {
    of(destination, source, { destination: topic, item, variant = '', apart }) {
      if (apart === undefined) return null
      const before = latest(item, destination)
      const isAnothers =
        before === undefined
          ? cameFromThere(item, variant, topic) !== undefined
          : before.variant !== variant && before.source !== source
      return isAnothers ? apart : item
    },
  }
}

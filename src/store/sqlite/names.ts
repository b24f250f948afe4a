import type { DatabaseSync } from 'node:sqlite'
import type { NewDelivery } from '../contract.ts'
import { one } from './sql.ts'

/** What deliveries to Topics go out as (NewDelivery.apart). */
interface Names {
  /** Inside a transaction: null where nothing can stand apart. */
  of(destination: number, source: string, delivery: NewDelivery): string | null
}

export function createNames(db: DatabaseSync): Names {
  const latest = one<{ variant: string }>(
    db,
    'SELECT variant FROM delivery WHERE name = ? AND destination = ? ORDER BY seq DESC LIMIT 1',
  )
  // several can have sent what stands there
  const saidByAnother = one(
    db,
    `SELECT 1 FROM delivery d JOIN envelope e ON e.seq = d.envelope
     WHERE d.name = ? AND d.destination = ? AND d.variant = ? AND e.source <> ? LIMIT 1`,
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
          : before.variant !== variant && saidByAnother(item, destination, before.variant, source) !== undefined
      return isAnothers ? apart : item
    },
  }
}

import type { NewDelivery } from '../contract.ts'
import { type Db, one } from './sql.ts'

/** What deliveries to Topics go out as (NewDelivery.apart). */
interface Names {
  /** Inside a transaction: null where nothing can stand apart. */
  of(destination: number, source: string, delivery: NewDelivery): Promise<string | null>
}

export function createNames(db: Db): Names {
  const latest = one<{ variant: string }>(
    db,
    'SELECT variant FROM delivery WHERE name = $1 AND destination = $2 ORDER BY seq DESC LIMIT 1',
  )
  // several can have sent what stands there
  const saidByAnother = one(
    db,
    `SELECT 1 FROM delivery d JOIN envelope e ON e.seq = d.envelope
     WHERE d.name = $1 AND d.destination = $2 AND d.variant = $3 AND e.source <> $4 LIMIT 1`,
  )
  const cameFromThere = one(
    db,
    `SELECT 1 FROM delivery d JOIN envelope e ON e.seq = d.envelope
     WHERE d.item = $1 AND d.variant <> $2 AND e.direction = 1 AND e.source = $3 LIMIT 1`,
  )

  return {
    async of(destination, source, { destination: topic, item, variant = '', apart }) {
      if (apart === undefined) return null
      const before = await latest(item, destination)
      const anothers =
        before === undefined
          ? await cameFromThere(item, variant, topic)
          : before.variant === variant
            ? undefined
            : await saidByAnother(item, destination, before.variant, source)
      return anothers === undefined ? item : apart
    },
  }
}

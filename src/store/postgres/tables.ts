import type { Clock } from '../../clock.ts'
import { type ArchiveTables, createArchive } from './archive.ts'
import { type Bodies, createBodies } from './bodies.ts'
import type { Destinations } from './destinations.ts'
import { createGroups, type Groups } from './groups.ts'
import type { Keys } from './keys.ts'
import { createOrder, type Order } from './order.ts'
import { createMemory, type Memory } from './seen-items.ts'
import type { Db } from './sql.ts'
import { createTrail, type Trail } from './trace.ts'
import { createWaiting, type Waiting } from './waiting.ts'

/** What the writes of the store are made of; each inside a transaction. */
export interface Tables {
  readonly db: Db
  readonly clock: Clock
  /** whose leases these are */
  readonly owner: string
  readonly keys: Keys
  readonly destinations: Destinations
  readonly order: Order
  readonly groups: Groups
  readonly waiting: Waiting
  readonly bodies: Bodies
  readonly memory: Memory
  readonly trail: Trail
  readonly archive: ArchiveTables
}

export function createTables(
  db: Db,
  clock: Clock,
  { owner, keys, destinations }: Pick<Tables, 'owner' | 'keys' | 'destinations'>,
): Tables {
  const order = createOrder(db)
  return {
    ...{ db, clock, owner, keys, destinations, order },
    waiting: createWaiting(db, clock, destinations, order),
    groups: createGroups(db),
    bodies: createBodies(db, keys),
    memory: createMemory(db),
    trail: createTrail(db),
    archive: createArchive(db, keys),
  }
}

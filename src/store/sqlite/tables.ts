import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../clock.ts'
import { isAskedFor } from '../../iodef/incident-id.ts'
import { createSequence, type Sequence } from '../coding/ids.ts'
import { type Ahead, createAhead } from './ahead.ts'
import { type ArchiveTables, createArchive } from './archive.ts'
import { type Bodies, createBodies } from './bodies.ts'
import { createDestinations, type Destinations } from './destinations.ts'
import { createGroups, type Groups } from './groups.ts'
import { createIncidents, type Incidents } from './incidents.ts'
import { createLeases, type Leases } from './leases.ts'
import { createOrder, type Order } from './order.ts'
import { createMemory, type Memory } from './seen-items.ts'
import { createTrail, type Trail } from './trace.ts'
import { createWaiting, type Waiting } from './waiting.ts'

/** What the operations of the store are made of. */
export interface Tables {
  readonly db: DatabaseSync
  readonly clock: Clock
  readonly sequence: Sequence
  readonly leases: Leases
  readonly ahead: Ahead
  readonly destinations: Destinations
  readonly incidents: Incidents
  readonly order: Order
  readonly groups: Groups
  readonly waiting: Waiting
  readonly bodies: Bodies
  readonly memory: Memory
  readonly trail: Trail
  readonly archive: ArchiveTables
}

export function createTables(db: DatabaseSync, clock: Clock): Tables {
  db.function('asked_for', { deterministic: true }, (key, asked) => (isAskedFor(String(key), String(asked)) ? 1 : 0))
  const sequence = createSequence(clock)
  const leases = createLeases()
  const ahead = createAhead()
  const destinations = createDestinations(db, leases)
  const incidents = createIncidents(db)
  const order = createOrder(db, ahead)
  return {
    db,
    clock,
    sequence,
    leases,
    ahead,
    destinations,
    incidents,
    order,
    waiting: createWaiting(db, clock, destinations, order),
    groups: createGroups(db, destinations),
    bodies: createBodies(db),
    memory: createMemory(db),
    trail: createTrail(db, incidents),
    archive: createArchive(db, sequence),
  }
}

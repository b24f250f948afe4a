import type { DatabaseSync } from 'node:sqlite'
import type { DeliveryGroup } from '../contract.ts'
import { all, one, run } from './sql.ts'

export interface Joined {
  readonly grp: number
  /** it was before */
  readonly complete: boolean
}

/** Which documents are complete at which destination (DeliveryGroup in the contract). */
export interface Groups {
  /** The group's number at this destination; `seq`, the delivery of `item` about to be stored, is its place when it is new. */
  join(destination: number, group: DeliveryGroup, item: string, seq: number): Joined
  /** A delivery of this item was stored, or is there already: groups that waited for it alone are complete, and their pending members due. */
  arrived(destination: number, item: string, now: number): void
  describe(grp: number): DeliveryGroup
}

export function createGroups(db: DatabaseSync): Groups {
  const find = one<{ seq: number; missing: number }>(
    db,
    'SELECT seq, missing FROM delivery_group WHERE destination = ? AND id = ?',
  )
  const insert = run(db, 'INSERT INTO delivery_group (seq, destination, id, items, missing) VALUES (?, ?, ?, ?, ?)')
  const insertMissing = run(db, 'INSERT INTO group_missing (destination, item, grp) VALUES (?, ?, ?)')
  const exists = one<{ seq: number }>(db, 'SELECT seq FROM delivery WHERE item = ? AND destination = ?')
  const takeMissing = all<{ grp: number }>(
    db,
    'DELETE FROM group_missing WHERE destination = ? AND item = ? RETURNING grp',
  )
  const countDown = one<{ missing: number }>(
    db,
    'UPDATE delivery_group SET missing = missing - 1 WHERE seq = ? RETURNING missing',
  )
  const makeDue = run(
    db,
    'UPDATE delivery SET due = min(due, ?1), not_before = NULL WHERE grp = ?2 AND state = 0 AND due > ?1',
  )
  const select = one<{ id: string; items: string }>(db, 'SELECT id, items FROM delivery_group WHERE seq = ?')

  return {
    join(destination, group, item, seq) {
      const known = find(destination, group.id)
      if (known !== undefined) return { grp: known.seq, complete: known.missing === 0 }
      // an Incident that comes again in another variant belongs to a document whose others will come again, too
      const again = exists(item, destination) !== undefined
      const missing = [...new Set(group.items)].filter((one) => again || exists(one, destination) === undefined)
      insert(seq, destination, group.id, JSON.stringify(group.items), missing.length)
      for (const one of missing) insertMissing(destination, one, seq)
      return { grp: seq, complete: false }
    },
    arrived(destination, item, now) {
      for (const { grp } of takeMissing(destination, item)) {
        if (countDown(grp)!.missing === 0) makeDue(now, grp)
      }
    },
    describe(grp) {
      const { id, items } = select(grp)!
      return { id, items: JSON.parse(items) as string[] }
    },
  }
}

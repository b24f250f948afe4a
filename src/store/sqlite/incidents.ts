import type { DatabaseSync } from 'node:sqlite'
import { searchWord } from '../../iodef/incident-id.ts'
import { added, one, run } from './sql.ts'

/** The numbers of incidents, by which deliveries and trace refer to them. */
export interface Incidents {
  /** Inside a transaction: `isNew`: nothing was known of it. */
  require(key: string): { readonly id: number; readonly isNew: boolean }
  /** Inside a transaction: those of these that nothing refers to any more. */
  drop(ids: readonly number[]): void
  /** What is known by heart may be untrue. */
  forget(): void
}

/** What happens to an incident happens soon after it came: so many are known by heart. */
const BY_HEART = 4096

export function createIncidents(db: DatabaseSync): Incidents {
  const find = one<{ id: number }>(db, 'SELECT id FROM incident WHERE tail = ? AND key = ?')
  const insert = added(db, 'INSERT INTO incident (tail, key) VALUES (?, ?)')
  const drop = run(
    db,
    `DELETE FROM incident AS i WHERE id IN (SELECT value FROM json_each(?))
       AND NOT EXISTS (SELECT 1 FROM delivery WHERE incident = i.id) AND NOT EXISTS (SELECT 1 FROM delivery_also WHERE incident = i.id)
       AND NOT EXISTS (SELECT 1 FROM trace WHERE incident = i.id)`,
  )
  const known = new Map<string, number>()

  function remember(key: string, id: number): void {
    if (known.size >= BY_HEART) known.clear()
    known.set(key, id)
  }

  return {
    require(key) {
      const byHeart = known.get(key)
      if (byHeart !== undefined) return { id: byHeart, isNew: false }
      const tail = searchWord(key)
      const row = find(tail, key)
      const id = row?.id ?? insert(tail, key)
      remember(key, id)
      return { id, isNew: row === undefined }
    },
    drop(ids) {
      if (ids.length > 0 && drop(JSON.stringify([...new Set(ids)])) > 0) known.clear()
    },
    forget: () => known.clear(),
  }
}

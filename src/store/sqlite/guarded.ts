import type { DatabaseSync } from 'node:sqlite'
import { storeError } from './faults.ts'

/** What cannot be opened leaves no database open. */
export function openedBeside<T>(db: DatabaseSync, open: () => T): T {
  try {
    return open()
  } catch (error) {
    db.close()
    throw storeError(error)
  }
}

/**
 * SQLite answers at once: whoever awaits a read loses no more than a turn of the microtasks. One that fails says so in the gateway's
 * own words.
 */
export function read<T>(query: () => T): T {
  try {
    return query()
  } catch (error) {
    throw storeError(error)
  }
}

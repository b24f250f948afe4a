import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import { makeFolder, makePrivate } from './data-folder.ts'
import { isBusy, storeError } from './faults.ts'

/**
 * One gateway to a store: a second would end the first one's leases and send everything twice. The operating system lets go
 * of the lock however the process ends. Throws GatewayError 'store-unavailable' while another holds it.
 */
export function lockStore(path: string): Disposable {
  let db: DatabaseSync | undefined
  try {
    makeFolder(path)
    // whoever may open it may keep us from starting
    makePrivate(`${path}.lock`)
    db = new DatabaseSync(`${path}.lock`, { timeout: 0 })
    // nothing is ever written, so there is nothing to recover after a crash
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close()
    if (isBusy(error)) throw new GatewayError('store-unavailable', 'Another gateway is running on this store.')
    throw storeError(error)
  }
  const held = db
  return { [Symbol.dispose]: () => held.close() }
}

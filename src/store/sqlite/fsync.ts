import { closeSync, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'

/** Where the write-ahead log is, for making sure that it is on disk. */
export interface Disk extends Disposable {
  /** Resolves when everything that was committed before the call is on disk. Rejects with what the system says. */
  sync(): Promise<void>
}

const flush = promisify(fdatasync)

/**
 * Forces the write-ahead log of the database at `path` to disk outside of the thread that writes it. It exists, and stays the same
 * file, from the first commit for as long as a connection is open. SQLite holds no locks on it, which closing it would end.
 */
export function openDisk(path: string): Disk {
  const file = openSync(`${path}-wal`, 'r+')
  return { sync: () => flush(file), [Symbol.dispose]: () => closeSync(file) }
}

import { closeSync, fchmodSync, fstatSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The database, and what SQLite keeps beside it: all of them hold reports. */
export function storeFiles(path: string): string[] {
  return [path, `${path}-wal`, `${path}-shm`]
}

/** Makes the file where it is absent. One that everybody may open is taken from them; one for a group stays so. */
export function makePrivate(file: string): void {
  const fd = openSync(file, 'a', 0o600)
  try {
    if ((fstatSync(fd).mode & 0o007) !== 0) fchmodSync(fd, 0o600)
  } finally {
    closeSync(fd)
  }
}

/**
 * Makes the folder of the store when it is absent, for the owner alone, and sees to it that it is still there after a power
 * cut: SQLite syncs the folder itself, but not those which hold it.
 */
export function makeFolder(path: string): void {
  const folder = dirname(resolve(path))
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const end = dirname(resolve(first))
  let parent = folder
  do {
    parent = dirname(parent)
    syncFolder(parent)
  } while (parent !== end)
}

export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

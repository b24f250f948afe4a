import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { APPLICATION_ID, MIGRATIONS } from './schema.ts'

/**
 * What a file at a store's path is, by its first bytes (https://sqlite.org/fileformat2.html §1.3). It is not opened as a database: that
 * would leave files beside it which belong to whoever looked. Throws what the system says of a file that cannot be read.
 */
export function storeFileKind(path: string): 'store' | 'newer-store' | 'other-database' | 'no-database' {
  const header = Buffer.alloc(100)
  const fd = openSync(path, 'r')
  let length: number
  try {
    length = readSync(fd, header, 0, header.length, 0)
  } finally {
    closeSync(fd)
  }
  // an empty file is an empty database
  if (length === 0) return 'store'
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') return 'no-database'
  const [pages, version, application] = [28, 60, 68].map((at) => header.readUInt32BE(at)) as [number, number, number]
  if (application === APPLICATION_ID) return version > MIGRATIONS.length ? 'newer-store' : 'store'
  // that of a new store may still be in its log
  const isYoung = application === 0 && (pages <= 1 || hasLog(path))
  return isYoung ? 'store' : 'other-database'
}

/** Are its latest commits in a log beside it? */
export function hasLog(path: string): boolean {
  return existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0
}

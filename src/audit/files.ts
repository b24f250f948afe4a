import { closeSync, fchmodSync, fstatSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Head, type Line, NOTHING, type Reading, readChain } from './chain.ts'

/** The older files of a log, the oldest first: each has the number of its last entry behind the log's own name. */
export function olderFiles(path: string): string[] {
  const folder = dirname(resolve(path))
  const name = basename(path)
  const isOlder = (file: string) => file.startsWith(`${name}.`) && /^\d{12}$/.test(file.slice(name.length + 1))
  return readdirSync(folder)
    .filter(isOlder)
    .sort()
    .map((file) => join(folder, file))
}

export function olderName(path: string, { seq }: Head): string {
  return `${path}.${String(seq).padStart(12, '0')}`
}

/** A log as it was found. */
export interface Found extends Reading {
  readonly fd: number
  /** bytes */
  readonly size: number
  readonly inode: number
  /** what the next entry follows */
  readonly from: Head
}

/**
 * Opens a log for adding to it, and makes it where it is absent, for its owner alone. `each` is shown every entry that is in the newest
 * file. `head`: what an empty file follows; without it that is looked for in the older ones. Throws what the system says.
 */
export function openFile(path: string, { each, head }: { each?: (entry: Line) => void; head?: Head } = {}): Found {
  mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 })
  const fd = openSync(path, 'a', 0o600)
  try {
    const { mode, size, ino } = fstatSync(fd)
    if ((mode & 0o077) !== 0) fchmodSync(fd, 0o600)
    syncFolder(path)
    const reading = readChain(readFileSync(path), undefined, each)
    return { ...reading, fd, size, inode: ino, from: reading.head ?? head ?? lastOfOlder(path, each) }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** Where it ended between two files. */
function lastOfOlder(path: string, each?: (entry: Line) => void): Head {
  const older = olderFiles(path).at(-1)
  return (older === undefined ? undefined : readChain(readFileSync(older), undefined, each).head) ?? NOTHING
}

/** What was made or renamed there stays after a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(dirname(resolve(path)), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

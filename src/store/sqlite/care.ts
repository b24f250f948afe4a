import {
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import { connect } from './connect.ts'
import { makeFolder, storeFiles, syncFolder } from './data-folder.ts'
import { storeError } from './faults.ts'
import { hasLog, storeFileKind } from './file-header.ts'
import { lockStore } from './lock.ts'

/** ms that another process may write before we give up */
const PATIENCE = 30_000

/**
 * A whole copy of the store in one file, for its owner alone, also while the gateway runs: what was committed before is in it, and all of
 * it was read anew and is sound. Throws GatewayError 'store-unavailable' where a file is there already, and leaves nothing behind then.
 */
export function backUp(path: string, to: string): { readonly bytes: number } {
  if (existsSync(to)) throw new GatewayError('store-unavailable', `There is a file at ${to} already: choose another.`)
  const draft = `${to}.part`
  const db = connect({ path, create: false, busyMs: PATIENCE })
  try {
    clear(draft)
    // it goes into an empty file, which is private before the first byte is in it
    closeSync(openSync(draft, 'wx', 0o600))
    db.prepare('VACUUM INTO ?').run(draft)
    const flaws = flawsOf(draft)
    if (flaws.length > 0) throw new GatewayError('store-corrupt', `The copy is not sound: ${flaws[0]}.`)
    sync(draft)
    renameSync(draft, to)
    syncFolder(dirname(resolve(to)))
    return { bytes: statSync(to).size }
  } catch (error) {
    clear(draft)
    throw storeError(error, to)
  } finally {
    db.close()
  }
}

/** What is wrong in the store, as SQLite says it; empty where all is sound. Also while the gateway runs. */
export function checkStore(path: string): string[] {
  if (!existsSync(path)) throw new GatewayError('store-unavailable', `There is no store at ${path}.`)
  const kind = storeFileKind(path)
  return kind === 'store' ? flawsOf(path) : [`It ${NO_STORE[kind]}.`]
}

/** Gives back to the disk what the store does not need any more. Throws 'store-unavailable' while a gateway runs on it. */
export function compactStore(path: string): { readonly before: number; readonly after: number } {
  if (!existsSync(path)) throw new GatewayError('store-unavailable', `There is no store at ${path}.`)
  using _lock = lockOf(path)
  const size = () => storeFiles(path).reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0)
  const before = size()
  const db = connect({ path, create: false, busyMs: PATIENCE })
  try {
    db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
  } catch (error) {
    throw storeError(error, path)
  } finally {
    db.close()
  }
  return { before, after: size() }
}

/**
 * Puts a copy in the place of the store, durably; the one that was there is kept beside it, under the name that is returned. Throws
 * 'store-corrupt' for a copy that is none or not sound, 'store-unavailable' while a gateway runs on the store; nothing is changed then.
 */
export function restoreStore(from: string, path: string, now: Date): { readonly kept: string | null } {
  if (!existsSync(from)) throw new GatewayError('store-unavailable', `There is no file at ${from}.`)
  const kind = storeFileKind(from)
  if (kind !== 'store' || statSync(from).size === 0)
    throw new GatewayError('store-corrupt', `${from} ${NO_STORE[kind]}.`)
  if (hasLog(from)) {
    const remedy = 'a whole copy is made by "store backup"'
    throw new GatewayError('store-corrupt', `The latest of ${from} is in ${from}-wal, not in the file: ${remedy}.`)
  }
  makeFolder(path)
  using _lock = lockOf(path)
  const draft = `${path}.part`
  try {
    clear(draft)
    closeSync(openSync(draft, 'wx', 0o600))
    copyFileSync(from, draft, constants.COPYFILE_FICLONE)
    const flaws = flawsOf(draft)
    if (flaws.length > 0) throw new GatewayError('store-corrupt', `${from} is not sound: ${flaws[0]}.`)
    sync(draft)
    ownedLike(draft, existsSync(path) ? path : dirname(resolve(path)))
    // the log of a store that is gone would be read as that of the copy
    const kept = storeFiles(path).some((file) => existsSync(file)) ? keepAside(path, now) : null
    renameSync(draft, path)
    syncFolder(dirname(resolve(path)))
    return { kept }
  } catch (error) {
    clear(draft)
    throw storeError(error, path)
  }
}

/**
 * Gives the store that is there a second name, so that at no instant there is none: a gateway that starts would make an empty one. Its log
 * is worked into it before; that of one which cannot be opened goes with it.
 */
function keepAside(path: string, now: Date): string {
  const kept = `${path}.${now.toISOString().replace(/[-:]|\.\d+/g, '')}`
  try {
    // SQLite throws away the log of what is no database
    if (existsSync(path) && storeFileKind(path) === 'store') connect({ path, create: false, busyMs: PATIENCE }).close()
  } catch {
    // it is damaged, or of another version: kept as it is
  }
  // first: where there is such a file already, or no room for a name, the store keeps its log
  if (existsSync(path)) linkSync(path, kept)
  const [, ...beside] = storeFiles(path)
  for (const file of beside) if (existsSync(file)) renameSync(file, `${kept}${file.slice(path.length)}`)
  return kept
}

const NO_STORE = {
  store: 'is empty',
  'newer-store': 'is of a newer version of the gateway',
  'other-database': 'is a database of another program',
  'no-database': 'is no copy of a store',
} as const

/** SQLite's words, at most 100. */
export function flawsOf(path: string): string[] {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { timeout: PATIENCE })
    const rows = db.prepare('PRAGMA integrity_check(100)').all() as { integrity_check: string }[]
    const links = db.prepare('PRAGMA foreign_key_check').all() as { table: string; parent: string }[]
    const broken = rows.map((row) => row.integrity_check).filter((word) => word !== 'ok')
    return [...broken, ...links.slice(0, 100).map((row) => `a row of ${row.table} names none of ${row.parent}`)]
  } catch (error) {
    return [storeError(error).message]
  } finally {
    db?.close()
  }
}

/** With the log of an earlier try that was killed: SQLite would take it for that of the new file. */
export function clear(draft: string): void {
  for (const file of storeFiles(draft)) rmSync(file, { force: true })
}

export function sync(file: string): void {
  const fd = openSync(file, 'r+')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** The gateway must be able to take it, whoever was here first. */
export function lockOf(path: string): Disposable {
  const isNew = !existsSync(`${path}.lock`)
  const lock = lockStore(path)
  if (isNew) ownedLike(`${path}.lock`, existsSync(path) ? path : dirname(resolve(path)))
  return lock
}

/** What root puts there must be the gateway's. */
export function ownedLike(file: string, model: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(model)
  chownSync(file, uid, gid)
}

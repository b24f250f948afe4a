import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../errors.ts'
import { makeFolder, makePrivate, storeFiles } from './data-folder.ts'
import { storeError } from './faults.ts'
import { APPLICATION_ID, MIGRATIONS } from './schema.ts'

export interface ConnectOptions {
  readonly path: string
  /** false: an absent store is an error, and the tables are left as they are (the queue and trace commands) */
  readonly create: boolean
  /** before the tables are brought up to date: from which version */
  readonly upgrading?: (version: number) => void
  /** ms a statement blocks the thread while another process writes */
  readonly busyMs: number
  /** pages of write-ahead log after which a commit moves them into the database itself [1000] */
  readonly checkpointPages?: number
  /**
   * Commits are not forced to disk one by one: whoever opens it does that with the write-ahead log, which exists from now on.
   * It waits `patience` ms for others to let go of what an earlier run left there. Only for the holder of the store's lock.
   */
  readonly forcedApart?: { readonly patience: number }
}

/** KiB of the database in the store's own memory: more gains nothing, the system has them, too */
const PAGES = 'PRAGMA cache_size = -2000'

/** 3.51.3 mended a bug that could lose a WAL reset; 3.52.0 was withdrawn. */
const MINIMUM = [3, 53] as const

/**
 * Opens the database and brings its tables up to date. Throws GatewayError 'store-unavailable' or 'store-corrupt', having
 * changed nothing.
 */
export function connect(options: ConnectOptions): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    if (options.create) createFile(options.path)
    else if (!existsSync(options.path)) {
      throw new GatewayError('store-unavailable', `There is no store at ${options.path}.`)
    }
    db = new DatabaseSync(options.path, { timeout: 5000, enableForeignKeyConstraints: true })
    assertVersion(db)
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    assertOurs(db, version)
    db.exec('PRAGMA journal_mode = WAL')
    db.exec(`PRAGMA synchronous = FULL; ${PAGES}; PRAGMA temp_store = MEMORY`)
    db.exec(`PRAGMA wal_autocheckpoint = ${options.checkpointPages ?? 1000}; PRAGMA journal_size_limit = 67108864`)
    if (options.create) {
      if (version > 0 && version < MIGRATIONS.length) options.upgrading?.(version)
      migrate(db)
    } else if (version < MIGRATIONS.length) {
      throw new GatewayError('store-unavailable', 'The store is of an older version: start the gateway once.')
    }
    if (options.forcedApart) {
      emptyLog(db, options.forcedApart.patience)
      // the last commit that forces itself: with it, the log and its name in the folder are on disk
      db.exec('UPDATE probe SET at = at; PRAGMA synchronous = NORMAL')
    }
    db.exec(`PRAGMA busy_timeout = ${options.busyMs}`)
    return db
  } catch (error) {
    db?.close()
    throw storeError(error, options.path)
  }
}

/** ms between tries to empty the log */
const LOOK_AGAIN = 20

/**
 * What is recovered from the log of an earlier run may never have reached the disk, although it can be read: the system forgets
 * what it could not write. So it is written anew, into the database, and the log begins again from nothing. Blocks the thread.
 */
function emptyLog(db: DatabaseSync, patience: number): void {
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  db.exec(`PRAGMA busy_timeout = ${patience}`)
  for (const end = performance.now() + patience; ; ) {
    if ((checkpoint.get() as { busy: number }).busy === 0) return
    if (performance.now() >= end) {
      throw new GatewayError(
        'store-unavailable',
        'Another process reads or writes the store and does not let go of it.',
      )
    }
    // SQLite waits by itself for who reads or writes, but not for who makes a checkpoint
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN)
  }
}

/** Reports are confidential: the file, and so the -wal and -shm beside it, belong to the owner alone. */
function createFile(path: string): void {
  makeFolder(path)
  makePrivate(path)
  for (const file of storeFiles(path)) if (existsSync(file)) makePrivate(file)
}

function assertVersion(db: DatabaseSync): void {
  const { v } = db.prepare('SELECT sqlite_version() AS v').get() as { v: string }
  const [major = 0, minor = 0] = v.split('.').map(Number)
  if (major !== MINIMUM[0] || minor < MINIMUM[1]) {
    throw new GatewayError('store-unavailable', `SQLite ${MINIMUM.join('.')} or newer is needed; this is ${v}.`)
  }
}

function assertOurs(db: DatabaseSync, version: number): void {
  const { application_id: id } = db.prepare('PRAGMA application_id').get() as { application_id: number }
  const empty = (db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n === 0
  if (id !== APPLICATION_ID && !(empty && id === 0)) {
    throw new GatewayError('store-corrupt', 'The file is a database, but not a store of this gateway.')
  }
  if (version > MIGRATIONS.length) {
    throw new GatewayError('store-corrupt', 'The store was written by a newer version of the gateway.')
  }
}

function migrate(db: DatabaseSync): void {
  // a table that others refer to is made anew: https://sqlite.org/lang_altertable.html §7
  // what is sorted of a large store has no room in memory
  db.exec('PRAGMA temp_store = FILE; PRAGMA cache_size = -64000; PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE')
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  for (const step of MIGRATIONS.slice(version)) db.exec(step)
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`)
  db.exec(`COMMIT; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; ${PAGES}`)
}

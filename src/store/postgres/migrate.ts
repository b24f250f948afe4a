import type postgres from 'postgres'
import { GatewayError } from '../../errors.ts'
import { inTransaction, openSessions, type Place, quoted } from './connect.ts'
import { isLocked, isTransactionFault, storeError } from './faults.ts'
import { inTime } from './in-time.ts'
import { MIGRATIONS } from './schema.ts'

/** PostgreSQL 14: what is older has no support any more in the lifetime of this version. */
const OLDEST_SERVER = 140_000

/** ms; a migration may wait for the one that another gateway makes */
const PATIENCE = 120_000

/** a second each, where another transaction is in the way */
const TRIES = 20

/** A table that is there as long as a copy into this store is not whole (copy-target.ts). */
export const UNFINISHED = 'unfinished_copy'

/** What was found at the server. */
interface Found {
  /** of the tables; one more than ours is that of a newer gateway, which has left them fit for this one */
  readonly version: number
  readonly ours: number
}

/**
 * Brings the tables to this version, made when absent if `create`. Rejects with 'store-unavailable' (nobody there, no database, a server
 * that does not force commits to disk, no store and none is to be made) or 'store-corrupt' (tables of a version that this gateway does not know).
 */
export async function migrate(
  place: Place,
  { create, unfinished = false }: { readonly create: boolean; readonly unfinished?: boolean },
): Promise<Found> {
  const sessions = openSessions(place, { name: 'migrations', sessions: 1 })
  try {
    const work = () =>
      inTransaction(sessions, async (tx) => {
        const found = await bring(tx, place.schema, create)
        if (!unfinished) await assertWhole(tx, place.schema)
        if (create && !unfinished) await assertNotCopied(tx)
        return found
      })
    return await inTime(PATIENCE, 'opening the store', again(work, TRIES))
  } catch (error) {
    throw storeError(error)
  } finally {
    await sessions.sql.end({ timeout: 1 })
  }
}

/** Gateways of the version before write meanwhile: each of two may have what the other one waits for, and the server ends one of them. */
async function again<T>(work: () => Promise<T>, tries: number): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (tries <= 1 || !isTransactionFault(error)) throw error
    return again(work, tries - 1)
  }
}

async function bring(tx: postgres.ISql, schema: string, create: boolean): Promise<Found> {
  await checkServer(tx)
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`iodef-gateway ${schema}`}, 0))`
  const name = `${quoted(schema)}.migration`
  const [there] = await tx<{ found: boolean }[]>`SELECT to_regclass(${name}) IS NOT NULL AS found`
  if (!there!.found) {
    if (!create)
      throw new GatewayError('store-unavailable', `There is no store in the schema ${schema} of this database.`)
    // one that the administrator made may be ours to use, though we may make none
    const [space] = await tx<{ found: boolean }[]>`SELECT to_regnamespace(${quoted(schema)}) IS NOT NULL AS found`
    if (!space!.found) await tx.unsafe(`CREATE SCHEMA ${quoted(schema)}`)
    await tx.unsafe(`CREATE TABLE ${name} (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`)
  }
  const [latest] = await tx<{ version: number }[]>`SELECT coalesce(max(version), 0) AS version FROM migration`
  const version = latest!.version
  const ours = MIGRATIONS.length
  if (version > ours + 1) {
    const detail = `The tables in the schema ${schema} are of version ${version}, and this gateway knows ${ours}: it is too old for them.`
    throw new GatewayError('store-corrupt', detail)
  }
  for (let next = version; next < ours; next++) {
    await tx.unsafe(MIGRATIONS[next]!)
    await tx`INSERT INTO migration (version) VALUES (${next + 1})`
  }
  return { version: Math.max(version, ours), ours }
}

async function assertWhole(tx: postgres.ISql, schema: string): Promise<void> {
  const name = `${quoted(schema)}.${UNFINISHED}`
  const [there] = await tx<{ found: boolean }[]>`SELECT to_regclass(${name}) IS NOT NULL AS found`
  if (there!.found)
    throw new GatewayError('store-unavailable', 'A copy into this store is not finished: run "store copy" again.')
}

/** ms; the server's own housekeeping may have the table for an instant */
const LOCKED = 3000

/** Whoever copies a store away lets nobody write to it (copy-source.ts). */
async function assertNotCopied(tx: postgres.ISql): Promise<void> {
  await tx.unsafe(`SET LOCAL lock_timeout = ${LOCKED}`)
  try {
    await tx.unsafe('LOCK TABLE instance IN ROW EXCLUSIVE MODE')
  } catch (error) {
    if (!isLocked(error)) throw error
    throw new GatewayError('store-unavailable', 'This store is being copied to another place.', { cause: error })
  }
}

async function checkServer(tx: postgres.ISql): Promise<void> {
  const [server] = await tx<{ version: number; fsync: string; encoding: string }[]>`
    SELECT current_setting('server_version_num')::integer AS version, current_setting('fsync') AS fsync,
      current_setting('server_encoding') AS encoding`
  const { version, fsync, encoding } = server!
  const refuse = (detail: string) => new GatewayError('store-unavailable', detail)
  if (version < OLDEST_SERVER) throw refuse('The server is older than PostgreSQL 14.')
  if (fsync !== 'on') {
    throw refuse(
      'The server runs with fsync = off: what it calls committed may be lost. Set fsync = on in postgresql.conf.',
    )
  }
  if (encoding !== 'UTF8') throw refuse(`The database is in ${encoding}, and not in UTF8: reports would not fit in.`)
}

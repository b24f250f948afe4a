import { readFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { StoreConfig } from '../config/types.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Tell } from '../tell.ts'
import { type CopyProgress, copyRows } from './copy-store.ts'
import type { StoreNews } from './news.ts'
import type { Place } from './postgres/connect.ts'
import { openForCopy as openFile } from './sqlite/copy-source.ts'
import { openForCopy as openNewFile } from './sqlite/copy-target.ts'
import { openGatewayStore, openQueue } from './sqlite/sqlite-store.ts'
import type { WholeStore } from './whole-store.ts'

// what is for PostgreSQL is not loaded where the store is a file: with the library it is a megabyte
const onPostgres = () => import('./postgres/postgres-store.ts')
const postgresFaults = () => import('./postgres/faults.ts')

/** The one place where a store is chosen: for the gateway, and for the commands beside it. */
interface StoreOpener {
  /**
   * Made when absent, for its owner alone, and the only gateway's on it, but for PostgreSQL: else rejects with GatewayError
   * 'store-unavailable'. `lost`: the disk failed, and what is taken in may not last; only a restart helps. `version`: of this program.
   */
  openForGateway(
    at: StoreConfig,
    options: {
      readonly tell: Tell<StoreNews>
      readonly clock: Clock
      readonly lost: (error: GatewayError) => void
      readonly version?: string
    },
  ): Promise<WholeStore>
  /** Beside a gateway that may be running; rejects with 'store-unavailable' when there is none. */
  openBeside(at: StoreConfig, options: { readonly tell: Tell<StoreNews>; readonly clock: Clock }): Promise<WholeStore>
}

export const { openForGateway, openBeside }: StoreOpener = {
  openForGateway: async ({ path, postgres }, options) =>
    postgres === undefined
      ? openGatewayStore({ path, ...options })
      : (await onPostgres()).openGatewayStore({ at: placeOf(postgres), ...options }),
  openBeside: async ({ path, postgres }, options) =>
    postgres === undefined
      ? openQueue({ path, ...options })
      : (await onPostgres()).openBeside({ at: placeOf(postgres), ...options }),
}

/** What an operator may want to know of where the store is, and cannot hurt. Rejects with 'store-unavailable'. */
export async function storeNotes({ postgres }: StoreConfig): Promise<readonly string[]> {
  if (postgres === undefined) return []
  const { serverNotes } = await import('./postgres/server-notes.ts')
  return serverNotes(placeOf(postgres))
}

/**
 * Copies a store, on which no gateway may run, from a SQLite file into tables that are empty, or from tables into a file that is not there;
 * or goes on with what an earlier try left. Resolves with the number of rows, each of which was read again at its new place. Rejects with
 * 'usage' where both are of one kind, 'store-unavailable', or 'store-corrupt' where something arrived as something else.
 */
export async function copyStore(from: StoreConfig, to: StoreConfig, progress: CopyProgress): Promise<number> {
  if (from.postgres === undefined && to.postgres !== undefined) return copyToPostgres(from.path, to.postgres, progress)
  if (from.postgres !== undefined && to.postgres === undefined) return copyToSqlite(from.postgres, to.path, progress)
  throw new GatewayError('usage', 'A store is copied from SQLite to PostgreSQL, or from PostgreSQL to SQLite.')
}

type Tables = NonNullable<StoreConfig['postgres']>

async function copyToPostgres(from: string, to: Tables, progress: CopyProgress): Promise<number> {
  const { openForCopy } = await import('./postgres/copy-target.ts')
  using source = openFile(from)
  await using target = await openForCopy(placeOf(to))
  try {
    const rows = await copyRows(source, target, progress)
    await target.finish()
    return rows
  } catch (error) {
    throw (await postgresFaults()).storeError(error)
  }
}

async function copyToSqlite(from: Tables, to: string, progress: CopyProgress): Promise<number> {
  const { openForCopy } = await import('./postgres/copy-source.ts')
  await using source = await openForCopy(placeOf(from))
  using target = openNewFile(to)
  try {
    const rows = await copyRows(source, target, progress)
    target.finish()
    return rows
  } catch (error) {
    const known = (await postgresFaults()).storeError(error)
    if (known.code === 'store-corrupt') target.discard()
    throw known
  }
}

/** What its files hold is looked at for each connection: certificates are renewed while a gateway runs. Throws where they are not there to begin with. */
function placeOf({ url, schema, readPassword, tls }: Tables): Place {
  if (tls !== undefined) readAll(tls)
  return {
    ...{ url, schema },
    ...(readPassword && { password: readPassword }),
    ...(tls && { tls: () => readAll(tls) }),
  }
}

function readAll(files: NonNullable<Tables['tls']>): ReturnType<NonNullable<Place['tls']>> {
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, read(name, file)]))
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new GatewayError('store-unavailable', `store.tls.${name}: ${messageOf(error)}`, { cause: error })
  }
}

/** What an operator does with a store that lies in a file, beside the gateway or in its place. */
export { backUp, checkStore, compactStore, restoreStore } from './sqlite/care.ts'
/** The files that a store at `path` has or will have: they are for their owner alone. */
export { storeFiles } from './sqlite/data-folder.ts'
/** What a file at a store's path is, without opening it as one. */
export { storeFileKind } from './sqlite/file-header.ts'

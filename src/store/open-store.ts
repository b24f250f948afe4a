import { readFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { StoreConfig } from '../config/types.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Tell } from '../tell.ts'
import { type CopyProgress, copyRows } from './copy-store.ts'
import type { StoreNews } from './news.ts'
import type { Place } from './postgres/connect.ts'
import { openForCopy as openTarget } from './postgres/copy.ts'
import { storeError as postgresError } from './postgres/faults.ts'
import {
  openBeside as openBesideOnPostgres,
  openGatewayStore as openGatewayOnPostgres,
} from './postgres/postgres-store.ts'
import { serverNotes } from './postgres/server-notes.ts'
import { openForCopy as openSource } from './sqlite/copy.ts'
import { openGatewayStore, openQueue } from './sqlite/sqlite-store.ts'
import type { WholeStore } from './whole-store.ts'

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
  openForGateway: ({ path, postgres }, options) =>
    postgres === undefined
      ? openGatewayStore({ path, ...options })
      : openGatewayOnPostgres({ at: placeOf(postgres), ...options }),
  openBeside: ({ path, postgres }, options) =>
    postgres === undefined
      ? openQueue({ path, ...options })
      : openBesideOnPostgres({ at: placeOf(postgres), ...options }),
}

/** What an operator may want to know of where the store is, and cannot hurt. Rejects with 'store-unavailable'. */
export async function storeNotes({ postgres }: StoreConfig): Promise<readonly string[]> {
  return postgres === undefined ? [] : serverNotes(placeOf(postgres))
}

/**
 * Copies the store in the SQLite file `from`, on which no gateway may run, into the tables of `to`, which must be empty or what an earlier
 * try left. Resolves with the number of rows, each of which was read again at its new place. Rejects with 'store-unavailable', or
 * 'store-corrupt' where something arrived as something else.
 */
export async function copyStore(
  from: string,
  to: NonNullable<StoreConfig['postgres']>,
  progress: CopyProgress,
): Promise<number> {
  using source = openSource(from)
  await using target = await openTarget(placeOf(to))
  try {
    const rows = await copyRows(source, target, progress)
    await target.finish()
    return rows
  } catch (error) {
    throw postgresError(error)
  }
}

function placeOf({ url, schema, readPassword, tls }: NonNullable<StoreConfig['postgres']>): Place {
  return {
    ...{ url, schema },
    ...(readPassword && { password: readPassword }),
    ...(tls && { tls: tls.ca === undefined ? {} : { ca: readCa(tls.ca) } }),
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new GatewayError('store-unavailable', `store.tls.ca: ${messageOf(error)}`, { cause: error })
  }
}

/** What an operator does with a store that lies in a file, beside the gateway or in its place. */
export { backUp, checkStore, compactStore, restoreStore } from './sqlite/care.ts'
/** The files that a store at `path` has or will have: they are for their owner alone. */
export { storeFiles } from './sqlite/data-folder.ts'
/** What a file at a store's path is, without opening it as one. */
export { storeFileKind } from './sqlite/file-header.ts'

import type { Clock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import type { GatewayError } from '../errors.ts'
import type { Tell } from '../tell.ts'
import type { StoreNews } from './news.ts'
import { openGatewayStore, openQueue } from './sqlite/sqlite-store.ts'
import type { WholeStore } from './whole-store.ts'

/** The one place where a store is chosen: for the gateway, and for the commands beside it. SQLite is the only one. */
interface StoreOpener {
  /**
   * Made when absent, for its owner alone, and the only gateway's on it: else rejects with GatewayError 'store-unavailable'. `lost`: the
   * disk failed, and what is taken in may not last; only a restart helps.
   */
  openForGateway(
    at: Config['store'],
    options: { readonly tell: Tell<StoreNews>; readonly clock: Clock; readonly lost: (error: GatewayError) => void },
  ): Promise<WholeStore>
  /** Beside a gateway that may be running; rejects with 'store-unavailable' when there is none. */
  openBeside(
    at: Config['store'],
    options: { readonly tell: Tell<StoreNews>; readonly clock: Clock },
  ): Promise<WholeStore>
}

export const { openForGateway, openBeside }: StoreOpener = {
  openForGateway: ({ path }, options) => openGatewayStore({ path, ...options }),
  openBeside: ({ path }, options) => openQueue({ path, ...options }),
}

/** What an operator does with a store that lies in a file, beside the gateway or in its place. */
export { backUp, checkStore, compactStore, restoreStore } from './sqlite/care.ts'
/** The files that a store at `path` has or will have: they are for their owner alone. */
export { storeFiles } from './sqlite/data-folder.ts'
/** What a file at a store's path is, without opening it as one. */
export { storeFileKind } from './sqlite/file-header.ts'

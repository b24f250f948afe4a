import { systemClock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import type { Grid, GridHandlers } from '../grid/contract.ts'
import { createGrid } from '../grid/create-grid.ts'
import { untold } from '../tell.ts'

/** ms for a command to connect, log in and join */
const PATIENCE = 20_000

/**
 * A connection to the Controller for a command, up and joined. One attempt: a person is waiting. Rejects with GatewayError
 * 'grid-...', which is exit code 3. Later on the connection is kept up like the gateway's.
 */
export async function gridOf(
  config: Config,
  consume: readonly string[],
  handlers: Partial<GridHandlers> = {},
): Promise<Grid> {
  const failed = new AbortController()
  const all: GridHandlers = {
    items: async () => undefined,
    seenIds: async () => new Set(),
    cursor: async () => undefined,
    retracted: () => undefined,
    ...handlers,
    state(part, state, why) {
      if (part === 'session' && state === 'down' && why !== null) failed.abort()
      handlers.state?.(part, state, why)
    },
  }
  const grid = createGrid({
    config: config.grid,
    consume,
    handlers: all,
    tell: untold,
    clock: systemClock,
    liveOnly: true,
  })
  grid.start()
  try {
    await grid.whenUp(AbortSignal.any([failed.signal, AbortSignal.timeout(PATIENCE)]))
    return grid
  } catch (error) {
    await grid[Symbol.asyncDispose]()
    throw error
  }
}

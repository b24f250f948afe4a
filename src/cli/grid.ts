import { systemClock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { Grid, GridHandlers } from '../grid/contract.ts'
import { createGrid } from '../grid/grid.ts'
import { createLog } from '../log.ts'

/** ms for a command to connect, log in and join */
const PATIENCE = 20_000

/** A connection to the Controller for a command, up and joined. Rejects with GatewayError 'grid-...': exit code 3. */
export async function gridOf(
  config: Config,
  consume: readonly string[],
  handlers: Partial<GridHandlers> = {},
): Promise<Grid> {
  let reason: string | null = null
  const all: GridHandlers = {
    items: async () => undefined,
    seenIds: () => new Set(),
    cursor: () => undefined,
    retracted: () => undefined,
    gap: () => undefined,
    dropped: () => undefined,
    ...handlers,
    state(part, state, why) {
      if (why !== null) reason = why
      handlers.state?.(part, state, why)
    },
  }
  const grid = createGrid({
    config: config.grid,
    consume,
    handlers: all,
    log: createLog('silent'),
    clock: systemClock,
    liveOnly: true,
  })
  grid.start()
  const patience = AbortSignal.timeout(PATIENCE)
  try {
    await grid.whenUp(patience)
    return grid
  } catch (error) {
    await grid[Symbol.asyncDispose]()
    if (!patience.aborted) throw error
    const detail = `${config.grid.service}: ${reason ?? 'no answer'} (gave up after ${PATIENCE / 1000} s)`
    throw new GatewayError('grid-away', detail, { cause: error })
  }
}

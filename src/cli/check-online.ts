import type { Problem } from '../config/problems.ts'
import type { Config } from '../config/types.ts'
import { messageOf } from '../errors.ts'
import type { GridFinding } from '../grid/contract.ts'
import { examineGrid } from '../grid/create-grid.ts'
import { storeNotes } from '../store/open-store.ts'
import { checkPeers } from './check-peers.ts'
import { checkPorts } from './check-ports.ts'

/** What `start` would meet. */
interface Online {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** what may well be meant so */
  readonly notes: readonly Problem[]
  /** it may be there tomorrow */
  readonly unreachable: readonly Problem[]
}

/**
 * Logs in to the Controller, looks at the Broker, Topics and rights, completes TLS with each peer that is sent to, and tries the ports.
 * Publishes nothing, sends no message, changes nothing; the gateway may be running.
 */
export async function checkOnline(config: Config): Promise<Online> {
  const published = new Set(config.routes.flatMap(({ topic }) => topic ?? []))
  const [grid, peers, ports, store] = await Promise.all([
    examineGrid(config.grid, published, config.rid.maxMessage),
    checkPeers(config),
    checkPorts(config),
    checkStore(config),
  ])
  const of = (kind: GridFinding['kind']) =>
    grid.filter((found) => found.kind === kind).map(({ path, message }) => ({ path, message }))
  return {
    problems: [...of('problem'), ...peers.problems, ...ports],
    warnings: [...of('warning'), ...peers.warnings],
    unreachable: [...of('unreachable'), ...peers.unreachable, ...store.unreachable],
    notes: [...of('note'), ...store.notes],
  }
}

async function checkStore({ store }: Config): Promise<Pick<Online, 'unreachable' | 'notes'>> {
  const path = 'store.postgres'
  try {
    return { unreachable: [], notes: (await storeNotes(store)).map((message) => ({ path, message })) }
  } catch (error) {
    return { unreachable: [{ path, message: messageOf(error) }], notes: [] }
  }
}

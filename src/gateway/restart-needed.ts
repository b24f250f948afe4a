import { isDeepStrictEqual } from 'node:util'
import type { Config, GridConfig } from '../config/types.ts'

/** What keeps a configuration from being taken while the gateway runs. */
export interface Obstacle {
  /** key path */
  readonly path: string
  readonly message: string
}

const MESSAGE = 'cannot be changed while the gateway runs: it needs a restart'

/** Keys of `next` that differ from the configuration in force and are looked at only at the start, each with that sentence. */
export function restartNeeded(now: Config, next: Config): Obstacle[] {
  const before = fixed(now)
  const obstacles = Object.entries(fixed(next)).filter(([path, value]) => !isDeepStrictEqual(value, before[path]))
  return obstacles.map(([path]) => ({ path, message: MESSAGE }))
}

function fixed({ rid, store, ops, grid, audit }: Config): Record<string, unknown> {
  return {
    'rid.host': rid.host,
    'rid.port': rid.port,
    'rid.name': rid.name,
    store,
    audit,
    'ops.host': ops.host,
    'ops.port': ops.port,
    'ops.token': ops.readToken !== undefined,
    'grid.jid': grid.jid,
    'grid.broker': grid.broker,
    'grid.maxItem': grid.maxItem,
    'grid.redirects': grid.redirects,
    'grid.upload': grid.upload,
    'rid.basic': rid.basic === true,
    'rid.anonymous': rid.anonymous === true,
    'rid.limits.handshakes': rid.limits?.handshakes,
    'grid.topics[].large': takesFiles(grid),
    // of what takes files
    ...(takesFiles(grid) && { 'rid.maxMessage': rid.maxMessage, 'grid.tls.ca': grid.tls.ca }),
  }
}

function takesFiles({ upload, topics }: GridConfig): boolean {
  return (upload?.hosts ?? []).length > 0 || topics.some(({ large }) => large === 'upload')
}

import type { Config } from '../config/types.ts'
import type { DeliveryEngine, DestinationOptions } from '../delivery/engine.ts'
import { messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { Grid } from '../grid/contract.ts'
import type { Logger } from '../log.ts'
import type { RidListener } from '../rid/listener.ts'
import { loadTls } from '../rid/tls.ts'
import { consumedTopics } from './consumed-topics.ts'
import type { LiveConfig } from './live-config.ts'
import { type Obstacle, restartNeeded } from './restart-needed.ts'
import type { Senders } from './senders.ts'

/** Where the configuration comes from. */
export interface ConfigSource {
  readonly file: string
  /** Reads and checks it as `check` does. Its `config` is absent where there are problems. Never throws. */
  read(): { readonly config?: Config; readonly problems: readonly ReloadProblem[] }
}

interface ReloadProblem extends Obstacle {
  readonly line?: number
}

/** What became of a reload: there is no third. */
export type ReloadOutcome =
  | { readonly taken: true }
  /** the one in force goes on */
  | { readonly taken: false; readonly problems: readonly ReloadProblem[] }

interface ReloadParts {
  readonly live: LiveConfig
  /** undefined: files that it names are read again, and nothing else */
  readonly source: ConfigSource | undefined
  readonly log: Pick<Logger, 'level'>
  readonly events: Pick<Events, 'tell'>
  readonly senders: Pick<Senders, 'take'>
  readonly listener: Pick<RidListener, 'take'>
  readonly grid: Pick<Grid, 'take'>
  readonly delivery: Pick<DeliveryEngine, 'use'>
  /** of the configuration in force */
  destinations(): readonly DestinationOptions[]
  /** begins those of what is new in it */
  figures(): void
  /** looks at what was read of certificates and their dates */
  dates(): void
}

/**
 * Reads the configuration and all that it names again: taken as a whole, between two events of the process, or refused as a whole with every
 * reason. Tells which. docs/decisions/0021-reload.md
 */
export function createReload(parts: ReloadParts): () => ReloadOutcome {
  const { events, live } = parts
  return () => {
    const { config: now } = live
    let problems: readonly ReloadProblem[]
    try {
      const read = parts.source?.read() ?? { config: { ...now }, problems: [] }
      problems = read.config === undefined ? read.problems : take(parts, read.config)
    } catch (error) {
      problems = [{ path: '', message: messageOf(error) }]
    }
    if (problems.length === 0) {
      events.tell('configuration-read', { peers: now.peers.length, topics: now.grid.topics.length })
      return { taken: true }
    }
    events.tell('configuration-refused', { reason: problems.map(said).join('; ') })
    return { taken: false, problems }
  }
}

function said({ path, message, line }: ReloadProblem): string {
  return `${path === '' ? '' : `${path}: `}${message}${line === undefined ? '' : ` (line ${line})`}`
}

/** Why not, or nothing: then it is in force. What may fail comes first. */
function take(parts: ReloadParts, next: Config): Obstacle[] {
  const { live, log, senders, listener, grid, delivery } = parts
  const before = { ...live.config }
  const obstacles = restartNeeded(before, next)
  if (obstacles.length > 0) return obstacles
  const material = loadTls(next.rid.tls)
  live.take(next)
  if (next.log.level !== before.log.level) log.level = next.log.level
  senders.take(material)
  listener.take(next.rid, next.peers, material)
  grid.take(next.grid, consumedTopics(next))
  delivery.use(parts.destinations())
  parts.figures()
  parts.dates()
  return []
}

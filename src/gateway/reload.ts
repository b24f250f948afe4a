import type { Config } from '../config/types.ts'
import type { DeliveryEngine, DestinationOptions } from '../delivery/engine.ts'
import { messageOf } from '../errors.ts'
import { leastOf } from '../events/wanted.ts'
import type { Events } from '../events.ts'
import type { Grid } from '../grid/contract.ts'
import type { Logger } from '../log.ts'
import type { RidListener } from '../rid/listener.ts'
import { loadTls, type TlsMaterial } from '../rid/tls.ts'
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
  const { events, live, source } = parts
  return () => {
    const { config: now } = live
    let ready: Ready | undefined
    let problems: readonly ReloadProblem[]
    try {
      const { config: next, problems: found } = source?.read() ?? { config: { ...now }, problems: [] }
      problems = next === undefined ? found : restartNeeded(now, next)
      if (next !== undefined && problems.length === 0) ready = { next, material: loadTls(next.rid.tls) }
    } catch (error) {
      problems = [{ path: '', message: messageOf(error) }]
    }
    if (ready === undefined) {
      events.tell('configuration-refused', { reason: problems.map(said).join('; ') })
      return { taken: false, problems }
    }
    take(parts, ready)
    events.tell('configuration-read', { peers: now.peers.length, topics: now.grid.topics.length })
    return { taken: true }
  }
}

/** A configuration with what its files hold: whatever can fail is done. */
interface Ready {
  readonly next: Config
  readonly material: TlsMaterial
}

function said({ path, message, line }: ReloadProblem): string {
  return `${path === '' ? '' : `${path}: `}${message}${line === undefined ? '' : ` (line ${line})`}`
}

/** Puts it in force. A throw is a bug: half of it is in force then, and nobody may be told that the old one stays. */
function take(parts: ReloadParts, { next, material }: Ready): void {
  const { live, log, senders, listener, grid, delivery } = parts
  const before = leastOf(live.config.log)
  live.take(next)
  const least = leastOf(next.log)
  if (least !== before) log.level = least
  senders.take(material)
  listener.take(next.rid, next.peers, material)
  grid.take(next.grid, consumedTopics(next))
  delivery.use(parts.destinations())
  parts.figures()
  parts.dates()
}

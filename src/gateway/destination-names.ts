import type { Config } from '../config/types.ts'
import type { DestinationKind } from '../vocabulary.ts'
import { fileHosts } from './files.ts'
import { jidNames } from './jid-destinations.ts'

interface DestinationName {
  readonly kind: DestinationKind
  readonly name: string
}

/** Whom, and where, the configuration has anything sent to: Topics, peers, JIDs, and hosts that files come from. */
export function destinationNames(config: Pick<Config, 'grid' | 'peers' | 'routes'>): DestinationName[] {
  const { grid, peers } = config
  return [
    ...grid.topics.map(({ name }) => ({ kind: 'topic', name }) as const),
    ...peers.map(({ name }) => ({ kind: 'peer', name }) as const),
    ...jidNames(config).map((name) => ({ kind: 'jid', name }) as const),
    ...fileHosts(config).map((name) => ({ kind: 'file', name }) as const),
  ]
}

import { dirname } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import type { DeliveryEngine } from '../delivery/engine.ts'
import type { Events } from '../events.ts'
import type { Grid } from '../grid/contract.ts'
import type { Metrics } from '../metrics.ts'
import { type Expiry, warnBefore } from '../ops/certificate-health.ts'
import { spaceAt } from '../ops/disk-health.ts'
import { createHealth, type Health } from '../ops/health.ts'
import type { ReadinessBoard } from '../ops/readiness.ts'
import type { RidListener } from '../rid/listener.ts'
import type { Queue } from '../store/contract.ts'
import { destinationNames } from './destination-names.ts'
import type { SilentPeers } from './silent-peers.ts'

interface Watched {
  readonly config: Config
  readonly clock: Pick<Clock, 'now'>
  readonly board: ReadinessBoard
  readonly events: Pick<Events, 'certificateExpiry'>
  readonly store: Pick<Queue, 'backlog'>
  readonly metrics: Pick<Metrics, 'diskFree'>
  /** made after what watches them */
  grid(): Pick<Grid, 'certificates'>
  listener(): Pick<RidListener, 'certificates' | 'door'>
  delivery(): Pick<DeliveryEngine, 'down'>
  readonly silent: Pick<SilentPeers, 'list'>
}

/** ms that the dates in the files of the grid side are believed: it reads them at each login, and keeps none */
const READ_AGAIN = 30_000

/** The health of a gateway's own parts. */
export function watchHealth({ config, clock, board, events, metrics, store, ...parts }: Watched): Health {
  let onDisk: { readonly at: number; readonly expiry: readonly Expiry[] } | undefined
  const expiry = () => {
    const now = clock.now()
    if (onDisk === undefined || now - onDisk.at >= READ_AGAIN || now < onDisk.at) {
      onDisk = { at: now, expiry: parts.grid().certificates() }
    }
    return [...parts.listener().certificates(), ...onDisk.expiry]
  }
  return createHealth({
    clock,
    board,
    get destinations() {
      return destinationNames(config)
    },
    get maxQueue() {
      return config.delivery.maxQueue
    },
    expiry,
    door: () => parts.listener().door(),
    down: () => [
      ...parts.delivery().down(),
      ...parts.silent.list().map(({ peer, reason }) => ({ kind: 'peer', destination: peer, reason }) as const),
    ],
    backlog: () => store.backlog(),
    async space() {
      if (config.store.postgres !== undefined) return undefined
      const space = await spaceAt(dirname(config.store.path))
      metrics.diskFree.set(space.free)
      return space
    },
    ranOut: (certificate) => events.certificateExpiry(certificate, warnBefore(certificate)),
  })
}

import type { Events } from '../events.ts'
import type { Grid } from '../grid/contract.ts'
import type { Metrics } from '../metrics.ts'
import { warnBefore } from '../ops/certificate-health.ts'
import type { RidListener } from '../rid/listener.ts'

interface Told {
  readonly events: Events
  readonly metrics: Metrics
}

/** Until when each certificate in use is valid. */
export function tellExpiry({ events, metrics }: Told, listener: RidListener, grid: Grid): void {
  // of one that is configured no more nothing is said, either
  metrics.expiry.reset()
  for (const certificate of [...listener.certificates(), ...grid.certificates()]) {
    events.certificateExpiry(certificate, warnBefore(certificate))
  }
}

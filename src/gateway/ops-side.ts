import { readFileSync } from 'node:fs'
import type { Config } from '../config/types.ts'
import type { Events } from '../events.ts'
import type { Metrics } from '../metrics.ts'
import { type OpsListener, startOps } from '../ops/listener.ts'
import type { ReadinessBoard } from '../ops/readiness.ts'
import type { WholeStore } from '../store/whole-store.ts'

interface OpsParts {
  readonly config: Pick<Config, 'ops' | 'rid'>
  readonly metrics: Metrics
  readonly events: Events
  readonly readiness: ReadinessBoard
  readonly store: WholeStore
}

/** The operators' endpoint of a gateway. */
export function startOpsSide({ config, metrics, events, readiness, store }: OpsParts): Promise<OpsListener> {
  return startOps(config.ops, {
    tell: events.tell,
    registry: metrics.registry,
    readiness: () => readiness.read(),
    backlog: () => store.backlog(),
    recent: () => events.recent(),
    async beforeMetrics() {
      metrics.ready.set(readiness.read().ready ? 1 : 0)
      events.backlog(await store.backlog())
      events.exchanges(await store.exchangeCounts())
    },
    name: config.rid.name,
    version: packageVersion(),
  })
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version
}

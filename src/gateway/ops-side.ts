import { readFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import type { DeliveryEngine } from '../delivery/engine.ts'
import type { Events } from '../events.ts'
import type { Metrics } from '../metrics.ts'
import { createFlow, SAMPLE } from '../ops/flow.ts'
import type { Health } from '../ops/health.ts'
import { type OpsListener, startOps } from '../ops/listener.ts'
import type { ReadinessBoard } from '../ops/readiness.ts'
import type { RidListener } from '../rid/listener.ts'
import type { WholeStore } from '../store/whole-store.ts'
import { destinationNames } from './destination-names.ts'
import { every } from './every.ts'
import { flowFigures } from './flow-figures.ts'

interface OpsParts {
  readonly config: Pick<Config, 'ops' | 'rid' | 'grid' | 'peers' | 'routes'>
  readonly clock: Clock
  readonly metrics: Metrics
  readonly events: Events
  readonly readiness: ReadinessBoard
  readonly health: Pick<Health, 'tick' | 'see'>
  readonly store: WholeStore
  readonly delivery: Pick<DeliveryEngine, 'wake'>
  readonly listener: Pick<RidListener, 'refused'>
  readonly version: string
}

/** The operators' endpoint of a gateway. */
export async function startOpsSide(parts: OpsParts): Promise<OpsListener> {
  const { config, clock, metrics, events, health, store, delivery } = parts
  // as it is when it is asked, and not a second ago: it may be asked why something was just not taken
  const readiness = () => {
    health.tick()
    return parts.readiness.read()
  }
  const flow = createFlow(clock, () => flowFigures(metrics))
  await using opened = new AsyncDisposableStack()
  const listener = opened.use(
    await startOps(config.ops, {
      tell: events.tell,
      registry: metrics.registry,
      clock,
      readiness,
      backlog: () => store.backlog(),
      refused: () => parts.listener.refused(),
      recent: () => events.recent(),
      async beforeMetrics() {
        metrics.ready.set(readiness().ready ? 1 : 0)
        const backlog = await store.backlog()
        health.see(backlog)
        events.backlog(backlog)
        events.exchanges(await store.exchangeCounts())
      },
      flow,
      store,
      acts: {
        events,
        wake: (kind, name) => delivery.wake(kind, name),
        get destinations() {
          return destinationNames(config)
        },
      },
      readToken: config.ops.readToken && (() => config.ops.readToken?.() ?? ''),
      name: config.rid.name,
      version: parts.version,
    }),
  )
  opened.use(every(SAMPLE, () => flow.sample()))
  const all = opened.move()
  return { port: listener.port, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Of what runs: read once, since an upgrade puts another in its place. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version
}

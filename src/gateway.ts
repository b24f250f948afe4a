import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config/types.ts'
import { createDeedTeller } from './delivery/deeds.ts'
import { createDeliveryEngine, type DeliveryEngine } from './delivery/engine.ts'
import { type GatewayError, messageOf } from './errors.ts'
import type { News } from './events/table.ts'
import { createEvents, type Events } from './events.ts'
import { archivedTopics, createExchangeSide } from './exchange/exchanges.ts'
import { openAuditSide } from './gateway/audit-side.ts'
import { controlPath, listenForReload } from './gateway/control.ts'
import { createDestinations } from './gateway/destinations.ts'
import { every, within } from './gateway/every.ts'
import { filesOf } from './gateway/files.ts'
import { setFirstFigures } from './gateway/first-figures.ts'
import { createGridSide } from './gateway/grid-side.ts'
import { hearHealth } from './gateway/hear-health.ts'
import { createLiveConfig, liveView } from './gateway/live-config.ts'
import { noteOpen } from './gateway/open-note.ts'
import { packageVersion, startOpsSide } from './gateway/ops-side.ts'
import { prune } from './gateway/prune.ts'
import { createPublishers } from './gateway/publishers.ts'
import { type ConfigSource, createReload, type ReloadOutcome } from './gateway/reload.ts'
import { createSenders } from './gateway/senders.ts'
import { createSilentPeers } from './gateway/silent-peers.ts'
import { isStoreFault, probeStore, storeFinding } from './gateway/store-health.ts'
import { tellExpiry } from './gateway/tell-expiry.ts'
import { createTurns } from './gateway/turns.ts'
import { watchHealth } from './gateway/watch-health.ts'
import { watchedFiles } from './gateway/watched-files.ts'
import type { Logger } from './log.ts'
import { collectProcessMetrics, createMetrics, type Metrics } from './metrics.ts'
import type { Health } from './ops/health.ts'
import { createReadiness, FINE, type ReadinessBoard } from './ops/readiness.ts'
import { createReader, type Reader } from './reading/reader.ts'
import { createAccept } from './relay/accept.ts'
import type { ConsumeOptions } from './relay/understand.ts'
import { createRidListener } from './rid/listener.ts'
import { openForGateway } from './store/open-store.ts'
import type { WholeStore } from './store/whole-store.ts'
import type { Tell } from './tell.ts'
import { watchFiles } from './watch-files.ts'

interface GatewayOptions {
  readonly log: Logger
  readonly clock?: Clock
  /** where the configuration is read again; without it only the files that it names are */
  readonly source?: ConfigSource
  /** The disk failed under the store: nothing is taken any more until another start has read what is left. */
  readonly onLost?: (error: GatewayError) => void
}

export interface Gateway extends AsyncDisposable {
  readonly ports: { readonly rid: number; readonly ops: number }
  /** Reads the configuration, and the certificates, keys, CAs and CRLs it names, again: taken or refused as a whole, and told. */
  reload(): ReloadOutcome
  /** Takes nothing new (503), lets what is being sent finish for at most `ms`; then dispose of it. */
  drain(ms?: number): Promise<void>
}

interface Parts {
  readonly config: Config
  readonly clock: Clock
  readonly metrics: Metrics
  readonly events: Events
  readonly readiness: ReadinessBoard
  readonly store: WholeStore
  readonly reader: Reader
}

const STORE_PROBE_MS = 5_000
const LOOK_MS = 2_000
const TICK_MS = 1_000
const PRUNE_MS = 3_600_000
const DEEDS_MS = 1_000
const DUE_MS = 5_000
const DRAIN_MS = 15_000

/**
 * The whole gateway, running: store, threads, grid, senders, deliveries, RID endpoint, operators' endpoint, in this order,
 * so that nothing is accepted before it can be kept. Rejects with what cannot be opened or bound, and leaves nothing behind.
 * The grid need not be there: what is accepted waits for it.
 */
export async function createGateway(first: Config, options: GatewayOptions): Promise<Gateway> {
  const { log, clock = systemClock, source } = options
  const live = createLiveConfig(first)
  const { config } = live
  const metrics = createMetrics()
  await using opened = new AsyncDisposableStack()
  const audit = opened.use(openAuditSide({ config, clock, events: () => plain, readiness: () => readiness }))
  const hear = hearHealth(() => health, config)
  const heard: Tell<News> = (...told) => {
    audit.heard(...told)
    hear(...told)
  }
  const plain = createEvents({ log, levels: () => config.log, metrics, clock, heard })
  const events: Events = {
    ...plain,
    // not only when the next probe finds out
    storeFailed(operation, error) {
      plain.storeFailed(operation, error)
      if (isStoreFault(error)) readiness.set('store', storeFinding(error))
      else if (operation === 'accept' || operation === 'ask') health.failed(messageOf(error))
    },
  }
  const readiness: ReadinessBoard = createReadiness(
    clock,
    (part, { state, reason }, moved) => events.stateChanged({ part, state, reason }, moved),
    (part) => events.partGone(part),
  )
  const lost = (error: GatewayError) => {
    readiness.set('store', storeFinding(error))
    options.onLost?.(error)
  }
  const version = packageVersion()
  const store = opened.use(await openForGateway(config.store, { tell: events.tell, clock, lost, version }))
  readiness.set('store', FINE)
  opened.use(audit.follow(store))
  const reader = opened.use(createReader())
  await reader.warm()
  const parts: Parts = { config, clock, metrics, events, readiness, store, reader }

  let draining = false
  readiness.set('drain', FINE)
  const silent = createSilentPeers(clock)
  const health: Health = watchHealth({
    ...parts,
    silent,
    board: readiness,
    grid: () => grid,
    listener: () => listener,
    delivery: () => delivery,
  })
  const senders = opened.use(createSenders({ ...parts, silent }))
  const questions = createExchangeSide({
    ...parts,
    senderAt: senders.at,
    wake: (kind, destination) => delivery.wake(kind, destination),
  })
  const files = filesOf(config)
  const consume: ConsumeOptions = {
    ...parts,
    get record() {
      return archivedTopics(config).size > 0 ? questions.record : undefined
    },
    converse: questions.converse,
    placeOf: files.placeOf,
    wake: (destination, kind) => delivery.wake(kind, destination),
  }
  const turns = opened.use(createTurns({ store, clock, tell: events.tell }))
  const moved = () => {
    for (const { name } of config.grid.topics) delivery.wake('topic', name)
  }
  const publishers = opened.use(createPublishers({ store, clock, tell: events.tell, moved }))
  const side = {
    consume,
    turn: turns.turn,
    session: publishers.session,
    mark: await store.mark(),
    wake: ((...about) => delivery.wake(...about)) as DeliveryEngine['wake'],
    draining: () => draining,
  }
  const grid = opened.use(createGridSide(parts, health, questions, side))
  const destinations = createDestinations({
    ...parts,
    grid,
    senders,
    questions,
    files,
    consume,
    publishers,
  })
  const engine = { store, clock, tell: events.tell, events, destinations: destinations() }
  const limits = liveView(() => config.delivery)
  const delivery: DeliveryEngine = opened.use(createDeliveryEngine({ ...engine, config: limits }))

  const listener = opened.use(
    createRidListener({
      rid: config.rid,
      peers: config.peers,
      accept: createAccept({
        config,
        reader,
        store,
        events,
        receive: questions.receive,
        wake: (topic) => delivery.wake('topic', topic),
      }),
      state: () => (draining ? 'draining' : 'serving'),
      tell: events.tell,
    }),
  )
  const dates = () => tellExpiry(parts, listener, grid)
  const figures = () => {
    setFirstFigures(metrics, config, version)
    noteOpen(config, readiness, events)
  }
  const held = { senders, listener, grid, delivery, destinations, figures, dates }
  const reload = createReload({ ...held, live, source, log, events })
  const ops = opened.use(await startOpsSide({ ...parts, health, delivery, listener, version }))
  if (source) {
    const answer = () => ({ file: source.file, ...reload() })
    opened.use(await listenForReload(controlPath(config.store.path), answer, events.tell))
  }
  const rid = await listener.start()
  health.listening()
  grid.start()
  delivery.start()
  publishers.start()
  dates()
  opened.use(watchFiles(() => [...watchedFiles(config), ...(source ? [source.file] : [])], 60_000, reload))
  opened.use(every(STORE_PROBE_MS, () => probeStore(store, readiness)))
  await health.look()
  opened.use(every(LOOK_MS, () => health.look()))
  opened.use(every(TICK_MS, async () => health.tick()))
  const tellDeeds = createDeedTeller(store, events, ({ exchange }) => {
    if (exchange !== undefined) questions.happened(String(exchange))
  })
  await tellDeeds()
  opened.use(every(DEEDS_MS, tellDeeds))
  // an answer may have come to another gateway on the same store, which writes all the time: each look is a transaction
  const lookAgain = opened.use(within(DEEDS_MS, () => questions.happened()))
  opened.use(store.onChange((change) => change === 'anything' && lookAgain.ask()))
  opened.use(every(DUE_MS, () => questions.runDue().catch((error: unknown) => events.storeFailed('due', error))))
  opened.use(
    every(PRUNE_MS, () => {
      dates()
      return prune(parts)
    }),
  )
  collectProcessMetrics(metrics.registry)
  figures()
  const [peers, topics] = [config.peers.length, config.grid.topics.length]
  events.tell('serving', { rid: rid.port, ops: ops.port, peers, topics })

  const all = opened.move()
  return {
    ports: { rid: rid.port, ops: ops.port },
    reload,
    async drain(ms = DRAIN_MS) {
      draining = true
      readiness.set('drain', { state: 'failed', reason: 'The gateway is stopping.', stops: true })
      events.tell('draining', {})
      questions.drain()
      void publishers.leave()
      await delivery.drain(ms)
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

import { createDeliveryEngine, type DeliveryEngine, type DestinationState } from '../../src/delivery/engine.ts'
import type { Sink, SinkOutcome } from '../../src/delivery/sink.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Delivery, NewDelivery, Store } from '../../src/store/contract.ts'
import type { DestinationKind } from '../../src/vocabulary.ts'
import { type Bench, createBench, delivery, envelope, log, MEMORY } from '../store/support.ts'

export const DELIVERED: SinkOutcome = { kind: 'delivered' }
export const HELD: SinkOutcome = { kind: 'hold', reason: 'HTTP 400' }
export const BUSY: SinkOutcome = { kind: 'retry', reason: 'HTTP 503', destinationDown: false }
export const DOWN: SinkOutcome = { kind: 'retry', reason: 'connection refused', destinationDown: true }

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** One call of a sink. */
export interface Sent {
  readonly at: number
  readonly incident: string
  /** the payloads, joined by `+` */
  readonly what: string
}

export type Answer = (
  what: string,
  signal: AbortSignal,
  unit: readonly Delivery[],
) => SinkOutcome | Promise<SinkOutcome>

/** A destination that answers as told, and remembers what it was sent. */
export interface FakeDestination extends Sink {
  answer: Answer
  readonly sent: Sent[]
  /** most sends at the same time */
  readonly most: () => number
}

export interface Rig extends Bench {
  readonly engine: DeliveryEngine
  readonly states: DestinationState[]
  to(destination: string): FakeDestination
  /** Accepts one message whose payload is its name; a new incident unless told. */
  take(name: string, destination?: string, more?: Partial<NewDelivery>): Promise<void>
  /** State by payload name. */
  outcomes(): Promise<Record<string, string>>
  all(): Promise<Delivery[]>
}

export interface RigOptions {
  readonly destinations?: readonly string[]
  readonly kind?: DestinationKind
  readonly concurrency?: number
  readonly maxAge?: number
  readonly bench?: Bench
  /** puts something between the engine and the store */
  readonly through?: (store: Store) => Store
  /** of several gateways on one store */
  readonly isOurs?: () => boolean
}

export async function createRig(options: RigOptions = {}): Promise<Rig> {
  const {
    destinations = ['csirt-a'],
    kind = 'peer',
    concurrency = 4,
    maxAge = 3 * DAY,
    through = (s: Store) => s,
    isOurs = () => true,
  } = options
  const bench = options.bench ?? (await createBench(MEMORY))
  const { clock, store } = bench
  const fakes = new Map(destinations.map((name) => [name, createFake(clock)] as const))
  const states: DestinationState[] = []
  const events = createEvents({ log, metrics: createMetrics(), clock })
  const engine = createDeliveryEngine({
    store: through(store),
    clock,
    tell: events.tell,
    events,
    destinations: [...fakes].map(([destination, sink]) => ({ kind, destination, sink, isOurs })),
    config: { maxAge, concurrency },
    observe: (state) => states.push(state),
  })
  const all = async () => {
    const shown = (await store.list()).map(({ id }) => store.show(id))
    return (await Promise.all(shown)).map((one) => one!)
  }
  return {
    ...bench,
    engine,
    states,
    to: (name) => fakes.get(name)!,
    async take(name, destination = destinations[0]!, more = {}) {
      await store.accept(
        envelope(clock, `${destination} ${name}`, [
          delivery(`${destination} ${name}`, { kind, destination, payload: name, ...more }),
        ]),
      )
      engine.wake(kind, destination)
    },
    all,
    outcomes: async () => Object.fromEntries((await all()).map((one) => [one.payload, one.state])),
    async [Symbol.asyncDispose]() {
      const stopping = engine[Symbol.asyncDispose]()
      await clock.advance(60_000)
      await stopping
      await bench[Symbol.asyncDispose]()
    },
  }
}

function createFake(clock: { now(): number }): FakeDestination {
  const sent: Sent[] = []
  let running = 0
  let most = 0
  const fake: FakeDestination = {
    answer: () => DELIVERED,
    sent,
    most: () => most,
    async send(unit, signal) {
      const what = unit.map((one) => one.payload).join('+')
      sent.push({ at: clock.now(), incident: unit[0]!.incident, what })
      most = Math.max(most, ++running)
      try {
        return await fake.answer(what, signal, unit)
      } finally {
        running--
      }
    },
  }
  return fake
}

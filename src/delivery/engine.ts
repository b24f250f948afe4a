import { fullJitter, STORE_BACKOFF } from '../backoff.ts'
import { type Clock, ENDED } from '../clock.ts'
import type { DeliveryConfig } from '../config/types.ts'
import { messageOf } from '../errors.ts'
import type { EngineNews } from '../events/engine.ts'
import type { Backlog, Change, Queue } from '../store/contract.ts'
import type { Tell } from '../tell.ts'
import { type DestinationKey, type DestinationKind, destinationKey } from '../vocabulary.ts'
import { createAttempt, SEND_GRACE } from './attempt.ts'
import { DeliveryLoop } from './destination-loop.ts'
import type { DestinationState } from './loop-context.ts'
import { createKeeper } from './settle.ts'
import type { Sink } from './sink.ts'
import type { DeliveryEvents } from './verdict.ts'

export type { DestinationState } from './loop-context.ts'

interface DeliveryOptions {
  readonly store: Queue
  readonly clock: Clock
  readonly tell: Tell<EngineNews>
  readonly destinations: readonly DestinationOptions[]
  /** as it is in force each time it is read */
  readonly config: Pick<DeliveryConfig, 'maxAge' | 'concurrency'>
  /** trace rows of each outcome, written with it, and what is logged and counted once it is written */
  readonly events: DeliveryEvents
  /** a destination went down or came up */
  readonly observe?: (state: DestinationState) => void
}

export interface DestinationOptions {
  readonly kind: DestinationKind
  readonly destination: string
  /** the destination's far end */
  readonly sink: Sink
  /** Is it this gateway's at the moment? Of those that share a store another may have it: then nothing is claimed here. [always] */
  readonly isOurs?: () => boolean
  /** simultaneous sends; by default the configured number to a peer, and a pipeline of 256 to a Topic */
  readonly concurrency?: number
}

/** The one door out: every delivery in the store leaves through here, or is held for an operator. */
export interface DeliveryEngine extends AsyncDisposable {
  /** Ends the leases of an earlier life, then begins to deliver. Resolves at once. */
  start(): void
  /**
   * `work`: something was accepted for this destination. `back`: the destination itself says that it can be reached again, so
   * that the next probe need not wait.
   */
  wake(kind: DestinationKind, destination: string, why?: 'work' | 'back'): void
  /**
   * The destinations are these from now on. What is being sent is not cut short; what waits for one that is not among them goes on
   * waiting, until it is again.
   */
  use(destinations: readonly DestinationOptions[]): void
  /**
   * Takes up nothing more; waits `ms` for what is being sent, then cuts it short. What had no outcome by then is pending
   * again, its attempt uncounted. The store can be closed afterwards.
   */
  drain(ms: number): Promise<void>
  /** Of the destinations that take nothing. */
  down(): DestinationState[]
}

/** Items under way to one Topic at a time, those included whose answer is overdue: how many may be sent its sink says (`room`). */
const PIPELINE = 256
/** ms: how soon a clock that was set back is noticed, and a queue that could not be read is looked at again */
const TICK = 1000
/** ms: the queue is looked at so often although nobody said that it changed */
const LOOK = 30_000
/** ms: and no more often than this, however much comes in */
const RECHECK = 50

export function createDeliveryEngine(options: DeliveryOptions): DeliveryEngine {
  const { store, clock, tell, destinations, config, events, observe } = options
  const draining = new AbortController()
  const stop = new AbortController()
  const abandoned = new AbortController()
  const keeper = createKeeper({ store, clock, tell }, abandoned.signal)
  const attempt = createAttempt(clock, tell, stop.signal)
  /** destinations that deliveries wait for and the configuration does not know: told once */
  const unknown = new Set<DestinationKey>()
  let poke = new AbortController()
  let running: Promise<unknown> | undefined
  const runs: Promise<void>[] = []
  let begun = false
  const loops = new Map<DestinationKey, DeliveryLoop>()
  use(destinations)

  function use(configured: readonly DestinationOptions[]): void {
    const given = new Map(configured.map((one) => [destinationKey(one.kind, one.destination), one]))
    for (const [key, loop] of loops) if (!given.has(key)) loop.use(undefined)
    for (const [key, one] of given) {
      unknown.delete(key)
      const known = loops.get(key)
      if (known !== undefined) known.use(one.sink)
      else add(key, one)
    }
    poke.abort(ENDED)
  }

  function add(key: DestinationKey, { kind, destination, sink, concurrency, isOurs }: DestinationOptions): void {
    const loop = new DeliveryLoop(
      {
        kind,
        destination,
        get concurrency() {
          return concurrency ?? (kind === 'topic' ? PIPELINE : config.concurrency)
        },
      },
      sink,
      {
        store,
        keeper,
        attempt,
        clock,
        tell,
        get maxAge() {
          return config.maxAge
        },
        events,
        changed,
        postponed: () => poke.abort(ENDED),
        isOurs,
        draining: draining.signal,
      },
    )
    loops.set(key, loop)
    if (begun) runs.push(loop.run())
  }

  function changed(state: DestinationState): void {
    const { kind, destination, reason } = state
    if (state.state === 'down') tell('destination-down', { kind, destination, reason })
    else tell('destination-up', { kind, destination })
    observe?.(state)
  }

  async function run(): Promise<void> {
    for (let failures = 1; !draining.signal.aborted; failures++) {
      try {
        const released = await store.releaseLeases()
        if (released > 0) tell('leases-released', { deliveries: released })
        break
      } catch (error) {
        tell('leases-not-released', { err: error, reason: messageOf(error) })
        await clock.sleep(fullJitter(failures, STORE_BACKOFF, clock.random), draining.signal)
      }
    }
    begun = true
    runs.push(...[...loops.values()].map((loop) => loop.run()))
    await watch()
    await Promise.all(runs)
  }

  /** Wakes each loop when something of its destination falls due, whoever changed the queue. */
  async function watch(): Promise<void> {
    using _changes = store.onChange(heard)
    let before = clock.now()
    let looked = before
    let next = before
    while (!draining.signal.aborted) {
      const now = clock.now()
      if (now < before) next = now
      if (now >= before || (await rebase(now))) before = now
      else await clock.sleep(TICK, draining.signal)
      if (now >= next || poke.signal.aborted) {
        // made anew before the queue is read: whatever happens from here on is looked at again
        poke = new AbortController()
        looked = now
        next = await look(now)
      }
      await clock.sleep(Math.min(TICK, next - clock.now()), poke.signal)
      const rest = Math.min(RECHECK, Math.min(next, looked + RECHECK) - clock.now())
      if (rest > 0) await clock.sleep(rest, draining.signal)
    }
  }

  /** What is due at once needs no look at all that there is. */
  function heard(change: Change): void {
    if (change === 'anything') poke.abort(ENDED)
    else if (change !== 'roster')
      for (const { kind, destination } of change) loops.get(destinationKey(kind, destination))?.wake()
  }

  /** Wakes whoever has something due; when to look again, in ms since the epoch. */
  async function look(now: number): Promise<number> {
    try {
      const rows = await store.backlog()
      return Math.min(now + LOOK, ...rows.map((row) => wakeIfDue(row, now)))
    } catch (error) {
      tell('queue-unreadable', { err: error, reason: messageOf(error) })
      return now + TICK
    }
  }

  /** When this destination must be looked at again; Infinity: not for anything that is known now. */
  function wakeIfDue(row: Backlog, now: number): number {
    const loop = loops.get(destinationKey(row.kind, row.destination))
    if (loop?.isConfigured !== true) warnOnce(row)
    else if (!loop.isOurs) return Number.POSITIVE_INFINITY
    else if (row.due !== null && row.due > now) return row.due
    else if (row.due !== null) loop.wake()
    return Number.POSITIVE_INFINITY
  }

  /** Nothing may wait for the time that a clock showed which was ahead and was put right. False when that must be tried again. */
  async function rebase(now: number): Promise<boolean> {
    try {
      const deliveries = await store.clockWentBack(now)
      tell('clock-went-back', { deliveries })
      for (const loop of loops.values()) loop.cameBack()
      return true
    } catch (error) {
      tell('clock-not-followed', { err: error, reason: messageOf(error) })
      return false
    }
  }

  function warnOnce({ kind, destination, pending }: Backlog): void {
    const key = destinationKey(kind, destination)
    if (pending === 0 || unknown.has(key)) return
    unknown.add(key)
    tell('destination-unknown', { kind, destination, pending })
  }

  async function idle(): Promise<void> {
    await running
    await Promise.all([...loops.values()].map((loop) => loop.idle()))
  }

  /** False when it is not done by then. */
  async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
    const done = new AbortController()
    const finished = work.then(() => done.abort(ENDED))
    await Promise.race([finished, clock.sleep(Math.max(0, ms), done.signal)])
    return done.signal.aborted
  }

  async function drain(ms: number): Promise<void> {
    draining.abort()
    poke.abort(ENDED)
    for (const loop of loops.values()) loop.wake()
    keeper.hurry()
    if (await within(idle(), ms)) return
    stop.abort()
    // a little more than a sink's grace: then whatever is left is the store's failure
    if (await within(idle(), SEND_GRACE + 1000)) return
    abandoned.abort()
    await idle()
  }

  return {
    start() {
      running ??= run()
    },
    wake(kind, destination, why = 'work') {
      const loop = loops.get(destinationKey(kind, destination))
      if (why === 'back') loop?.cameBack()
      else loop?.wake()
      if (loop?.isOurs !== false) poke.abort(ENDED)
    },
    drain,
    use,
    down: () => [...loops.values()].flatMap((loop) => loop.failing ?? []),
    [Symbol.asyncDispose]: () => drain(0),
  }
}

import { fullJitter, PROBE_BACKOFF, STORE_BACKOFF } from '../backoff.ts'
import { messageOf } from '../errors.ts'
import type { Delivery } from '../store/contract.ts'
import { type AttemptOutcome, LEASE } from './attempt.ts'
import { FailuresInARow } from './failures-in-a-row.ts'
import type { Destination, DestinationState, LoopContext } from './loop-context.ts'
import { chooseProbe, PROBES } from './probe.ts'
import { Rest } from './rest.ts'
import type { Sink } from './sink.ts'
import { type Circumstances, expiryOf, floorOf, giveUp, release, settleAs } from './verdict.ts'

/** Outcomes that may wait to be written while others are sent: so many may be sent again after a crash. */
const UNSETTLED = 32

interface Down {
  readonly since: number
  readonly failures: number
  readonly nextProbe: number
  /** until when it asked to be left alone: 0 when it did not */
  readonly leftAlone: number
  readonly reason: string
}

/**
 * Carries out the deliveries of one destination, a bounded number at a time. When the destination is down it is probed with one
 * delivery at a time and the others wait untried; the first success makes everything due.
 */
export class DeliveryLoop {
  readonly #destination: Destination
  readonly #context: LoopContext
  /** undefined: it is not configured any more, and nothing is taken up */
  #sink: Sink | undefined
  readonly #running = new Set<Promise<void>>()
  /** by delivery: what is being done with it, until its outcome is on disk */
  readonly #leased = new Map<string, Promise<void>>()
  #sending = 0
  #down: Down | null = null
  /** and nothing is known since */
  #saysUp = false
  readonly #failures = new FailuresInARow()
  /** when it came back, while there may be something left that waits for a time set before that */
  #early: number | undefined
  /** the last claim got as much as it asked for: there is more to send than can be sent */
  #plenty = false
  /** it got less: until something comes in, there is nothing else to send */
  #hasAll = false
  #awake = true
  readonly #rest: Rest

  constructor(destination: Destination, sink: Sink, context: LoopContext) {
    this.#destination = destination
    this.#sink = sink
    this.#context = context
    this.#rest = new Rest(context.clock)
  }

  get isConfigured(): boolean {
    return this.#sink !== undefined
  }

  /** Another gateway may have it: then nothing is taken up here, nor known of it. */
  get isOurs(): boolean {
    return this.#context.isOurs?.() ?? true
  }

  /** It takes nothing at the moment: why. It may be tried all the same. */
  get failing(): DestinationState | undefined {
    if (this.#sink === undefined || !this.isOurs) return undefined
    // of a Topic the grid side knows more: a line that is slow, or just ended
    if (this.#saysUp) return undefined
    const found = this.#down ?? (this.#destination.kind === 'topic' ? null : this.#failures.read())
    return found === null ? undefined : { ...this.#name(), state: 'down', since: found.since, reason: found.reason }
  }

  /** Another far end from the next attempt on, or none: then what waits for it waits. Attempts under way end as they began. */
  use(sink: Sink | undefined): void {
    this.#sink = sink
    // what kept it down may be mended; that it asked to be left alone counts
    this.#probeFrom(this.#down?.leftAlone ?? 0)
  }

  /** There may be something to do. */
  wake(): void {
    this.#awake = true
    // there is nothing to do before the next probe, whatever comes in
    const { draining } = this.#context
    if (draining.aborted || this.#rest.until === undefined || this.#rest.until !== this.#untilProbe()) this.#rest.end()
  }

  /** The destination says it is back: look at once, and say nothing else of it before that. */
  cameBack(): void {
    this.#saysUp = true
    this.#probeFrom(0)
  }

  #probeFrom(leftAlone: number): void {
    const nextProbe = Math.max(this.#context.clock.now(), leftAlone)
    if (this.#down !== null) this.#down = { ...this.#down, failures: 0, nextProbe, leftAlone }
    this.wake()
  }

  /** Claims and sends until draining; then resolves, while sends may still run. Never rejects. */
  async run(): Promise<void> {
    const { draining, clock, tell } = this.#context
    let failures = 0
    while (!draining.aborted) {
      const slots = this.#freeSlots()
      this.#awake = false
      this.#hasAll = false
      let claimed = 0
      if (slots > 0) {
        try {
          claimed = await this.#claim(slots)
          failures = 0
        } catch (error) {
          tell('claim-failed', { ...this.#name(), err: error, reason: messageOf(error) })
          await clock.sleep(fullJitter(++failures, STORE_BACKOFF, clock.random), draining)
          continue
        }
      }
      if (claimed === 0 || this.#hasAll) await this.#sleep()
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running)
  }

  #freeSlots(): number {
    const { concurrency } = this.#destination
    if (this.#sink === undefined || !this.isOurs) return 0
    if (this.#down === null) {
      const room = this.#sink.room?.(this.#destination.destination) ?? concurrency
      return Math.min(room, concurrency - this.#sending, concurrency + UNSETTLED - this.#running.size)
    }
    return this.#running.size === 0 && this.#context.clock.now() >= this.#down.nextProbe ? 1 : 0
  }

  async #claim(slots: number): Promise<number> {
    const { store, keeper, clock, draining } = this.#context
    const { kind, destination } = this.#destination
    const now = clock.now()
    const before = this.#down
    // down: whatever there is will do as a probe
    const early = before === null ? this.#early : now + 1
    const claimed = await store.claim({
      kind,
      destination,
      limit: before === null ? slots : PROBES,
      now,
      leaseMs: LEASE,
      ...(early === undefined ? {} : { early }),
    })
    if (this.#down === null && this.#early === early && claimed.length === 0) this.#early = undefined
    this.#plenty = before === null && claimed.length === slots
    this.#hasAll = early === undefined && claimed.length < slots
    // what is behind them in their lines may be all that is left
    if (!this.#plenty) keeper.hurry()
    const { go: units, back } =
      before === null ? { go: claimed, back: [] } : chooseProbe(claimed, (u) => this.#isOver(u))
    for (const unit of back) this.#start(this.#putBack(unit, 'another probes the destination'), unit)
    for (const unit of units) {
      const earlier = unit.flatMap(({ id }) => this.#leased.get(id) ?? [])
      const wentDown = before === null && this.#down !== null
      const putBack = () => this.#putBack(unit, 'its last outcome was still being written')
      if (earlier.length > 0) this.#start(Promise.all(earlier).then(putBack), unit)
      else if (draining.aborted || this.#sink === undefined) this.#start(this.#settle(unit, { kind: 'stopped' }), unit)
      else if (wentDown) this.#start(this.#putBack(unit, 'the destination went down before it was sent'), unit)
      else this.#start(this.#carry(unit, this.#sink), unit)
    }
    return units.length
  }

  /** Its time ran out while the destination was down. */
  #isOver(unit: readonly Delivery[]): boolean {
    const expiry = expiryOf(unit, this.#circumstances())
    return this.#down !== null && this.#context.clock.now() >= expiry && this.#down.since <= expiry
  }

  #start(work: Promise<void>, unit: readonly Delivery[]): void {
    // not the unit itself: what it sends is garbage once it is sent, and its outcome waits for others
    const deliveries = unit.map(({ id }) => id)
    const over = () => {
      this.#running.delete(task)
      for (const id of deliveries) if (this.#leased.get(id) === task) this.#leased.delete(id)
      this.wake()
    }
    const task: Promise<void> = work.then(over, (error: unknown) => {
      this.#context.tell('delivery-dropped', { ...this.#name(), deliveries, err: error })
      over()
    })
    this.#running.add(task)
    for (const id of deliveries) this.#leased.set(id, task)
  }

  #carry(unit: readonly Delivery[], sink: Sink): Promise<void> {
    const { attempt, keeper } = this.#context
    const down = this.#down
    const isProbe = down !== null
    // that is its outcome, and no probe
    if (isProbe && this.#isOver(unit)) {
      return keeper.keep(giveUp(unit, down.reason, this.#circumstances()))
    }
    this.#sending += 1
    return attempt(sink, unit).then((outcome) => {
      this.#sending -= 1
      this.#learn(outcome, isProbe)
      // the next one need not wait for the disk
      if (!this.#hasAll) this.wake()
      return this.#settle(unit, outcome)
    })
  }

  /**
   * Untried, they wait as the others do. Those with an outcome on its way to the disk too: what is committed can be claimed before
   * it is there; and after a long store failure a lease may run out while the outcome still waits to be written, which then
   * stands, since putting back changes only what is still being sent.
   */
  #putBack(unit: readonly Delivery[], reason: string): Promise<void> {
    const { keeper, clock } = this.#context
    return keeper.keep(release(unit, clock.now(), reason))
  }

  #settle(unit: readonly Delivery[], outcome: AttemptOutcome): Promise<void> {
    const { keeper, clock, draining, postponed } = this.#context
    if (outcome.kind === 'stopped') return keeper.keep(release(unit, clock.now()))
    const mayWait = this.#plenty && outcome.kind === 'delivered' && !draining.aborted
    const kept = keeper.keep(settleAs(unit, outcome, this.#circumstances()), mayWait)
    return outcome.kind === 'retry' ? kept.then(postponed) : kept
  }

  /** What an attempt says about the destination itself. */
  #learn(outcome: AttemptOutcome, isProbe: boolean): void {
    this.#saysUp = false
    this.#failures.learn(outcome, this.#context.clock.now())
    if (outcome.kind === 'delivered' || (outcome.kind === 'retry' && outcome.othersPass)) this.#learnUp(isProbe)
    else if (outcome.kind === 'retry' && (outcome.destinationDown || isProbe)) this.#learnDown(outcome, isProbe)
  }

  #learnUp(isProbe: boolean): void {
    const now = this.#context.clock.now()
    if (this.#down === null) return
    // one that was under way: it takes no more of them for that
    if (!isProbe && now < this.#down.leftAlone) return
    this.#down = null
    this.#early = now
    this.#report('up', now, null)
  }

  #learnDown(outcome: Extract<AttemptOutcome, { kind: 'retry' }>, isProbe: boolean): void {
    const { clock, maxAge } = this.#context
    const now = clock.now()
    const before = this.#down
    // several may be under way when it goes down: together they are one failure
    const failures = before === null ? 1 : before.failures + (isProbe ? 1 : 0)
    const floor = floorOf(outcome, maxAge)
    const wait = Math.max(floor, fullJitter(failures, PROBE_BACKOFF, clock.random))
    // nor does one of them take back what another was told
    const told = isProbe ? null : before
    this.#down = {
      since: before?.since ?? now,
      failures,
      nextProbe: Math.max(now + wait, told?.nextProbe ?? 0),
      leftAlone: Math.max(floor > 0 ? now + floor : 0, told?.leftAlone ?? 0),
      reason: outcome.reason,
    }
    if (before === null) this.#report('down', now, outcome.reason)
  }

  #report(state: 'up' | 'down', since: number, reason: string | null): void {
    this.#context.changed({ ...this.#name(), state, since, reason })
  }

  #circumstances(): Circumstances {
    const { clock, maxAge, events } = this.#context
    return { now: clock.now(), random: clock.random, maxAge, until: this.#sink?.until, events }
  }

  #name() {
    const { kind, destination } = this.#destination
    return { kind, destination }
  }

  /** Until when it has nothing to do but wait for its next probe; undefined otherwise. */
  #untilProbe(): number | undefined {
    if (this.#down === null || this.#running.size > 0) return undefined
    return this.#down.nextProbe > this.#context.clock.now() ? this.#down.nextProbe : undefined
  }

  /** Until woken, or until it is time for the next probe. */
  async #sleep(): Promise<void> {
    const until = this.#untilProbe()
    if (this.#context.draining.aborted || (this.#awake && until === undefined)) return
    await this.#rest.begin(until)
  }
}

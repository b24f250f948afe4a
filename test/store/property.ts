import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Delivery, NewDelivery, Settlement, Store, TraceOfDeed } from '../../src/store/contract.ts'
import { drawings } from '../docs/drawings.ts'
import { runs } from '../support/arbitraries.ts'
import { MemoryStore } from './memory/memory-store.ts'
import { type Bench, delivery, envelope, request, sha } from './support.ts'

const DESTINATIONS = ['t1', 't2']
const SOURCES = ['csirt-a', 'csirt-b']
const VARIANTS = ['', sha('signed')]
/** documents of several incidents, whose items share incidents with each other and with single items; what the long one consists of not every item says */
const LONG = 1
const GROUPS = [
  ['g0a', 'g0b'],
  ['g1a', 'g1b', 'g1c'],
  ['g2a', 'g2b'],
]

type Step =
  | {
      do: 'accept'
      item: string
      variant: number
      incident: number
      destination: number
      source: number
      origin: number
      state: NewDelivery['state']
      wait: number
      again: boolean
      tells: boolean
    }
  | { do: 'claim'; destination: number; limit: number; early: boolean; leaseMs: number }
  | { do: 'settle'; which: number; to: Settlement['to']; wait: number; floor: boolean; count: boolean }
  | { do: 'retry' | 'discard'; which: number; beside: boolean }
  | { do: 'see'; item: number; other: boolean }
  | { do: 'pass'; ms: number }
  | { do: 'prune'; hours: number }
  | { do: 'reopen' }

type Do<Name extends Step['do']> = Extract<Step, { do: Name }>

const item = fc.oneof(
  fc.nat(15).map((n) => `i${n}`),
  fc.constantFrom(...GROUPS.flat()),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('accept' as const),
      item,
      variant: fc.constantFrom(0, 0, 0, 1),
      incident: fc.nat(2),
      destination: fc.nat(1),
      source: fc.nat(1),
      origin: fc.constantFrom(0, 0, 1),
      state: fc.constantFrom<NewDelivery['state']>('pending', 'pending', 'pending', 'held', 'withheld'),
      wait: fc.constantFrom(0, 50, 200),
      again: fc.boolean(),
      tells: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      destination: fc.nat(1),
      limit: fc.integer({ min: 0, max: 4 }),
      early: fc.boolean(),
      leaseMs: fc.constantFrom(20, 1000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(20),
      to: fc.constantFrom<Settlement['to']>('delivered', 'pending', 'held', 'withheld'),
      wait: fc.nat(100),
      floor: fc.boolean(),
      count: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('retry' as const, 'discard' as const),
      which: fc.nat(30),
      beside: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('see' as const), item: fc.nat(5), other: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('prune' as const), hours: fc.constantFrom(0, 0.5, 2, 721) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
)

const report: Do<'accept'> = {
  ...{ do: 'accept', item: 'i0', variant: 0, incident: 0, destination: 0, source: 0, origin: 0, state: 'pending' },
  ...{ wait: 0, again: false, tells: true },
}
/** What chance seldom brings: one that waits for another's wording, which is delivered. */
const BEHIND: Step[] = [
  report,
  { ...report, source: 1, origin: 1 },
  { do: 'claim', destination: 0, limit: 1, early: false, leaseMs: 1000 },
  { do: 'settle', which: 0, to: 'delivered', wait: 0, floor: false, count: true },
]

/** cases that come by everything */
const ENOUGH = 30

/**
 * Whatever is asked of an implementer, it says and keeps what the one in memory does, and what must hold of any. Of the units that
 * may be claimed it may choose. `also` looks at what is its own.
 */
export function testAgainstModel<B extends Bench>(
  name: string,
  createBench: () => Promise<B>,
  also: (bench: B) => void | Promise<void> = () => {},
  cases = ENOUGH,
): void {
  /** `FROM TO`: what became of some delivery */
  const changes = new Set<string>()
  test(`${name}: does what the model does, whatever is asked of it, and nothing is lost or sent out of order`, () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
        await using bench = await createBench()
        const pair = await Pair.of(bench, changes)
        for (const one of steps) {
          await pair.take(one)
          await pair.compareQueue()
          await also(bench)
        }
        await pair.compareMemory()
      }),
      { ...runs(cases, 7), examples: [[BEHIND]] },
    ))

  test(`${name}: and where it is looked at now and then, so that it need not have everything written`, () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
        await using bench = await createBench()
        const pair = await Pair.of(bench, new Set(), 'seldom')
        for (const [n, one] of steps.entries()) {
          // whoever comes from beside, or after a crash, knows what is written
          if (n % 8 === 7 || one.do === 'reopen' || ('beside' in one && one.beside)) await pair.compareQueue()
          await pair.take(one)
        }
        await pair.compareQueue()
        await also(bench)
      }),
      runs(Math.ceil(cases / 2), 11),
    ))

  // few cases need not come by all of them
  if (cases < ENOUGH) return
  test(`${name}: a delivery takes every way that docs/states.md draws, and no other`, () => {
    const [delivery] = drawings()
    const ways = delivery?.arrows.filter((arrow) => !arrow.endsWith(' [*]')) ?? []
    assert.deepEqual([...changes].sort(), ways.toSorted())
  })
}

const DEEDS = ['retry', 'discard']

function deed(event: string): TraceOfDeed {
  return ({ incident, state, attempts }) => [{ at: 1, incident, event, fields: { was: state, attempts } }]
}

/** The store in question and the model, asked the same. */
class Pair {
  readonly #bench: Bench
  readonly #beside: Store
  readonly #model: MemoryStore
  /** the model's ids by the store's */
  readonly #twin = new Map<string, string>()
  /** by delivery: where it is to stand */
  readonly #lines = new Map<string, string>()
  /** by delivery: its state after the last step */
  readonly #states = new Map<string, string>()
  readonly #changes: Set<string>
  readonly #looks: 'always' | 'seldom'
  #store: Store
  #leased: Delivery[] = []
  #messages = 0
  #rows = 0
  #position: number | undefined

  constructor(bench: Bench, beside: Store, changes: Set<string>, looks: 'always' | 'seldom') {
    this.#changes = changes
    this.#looks = looks
    this.#bench = bench
    this.#beside = beside
    this.#store = bench.store
    this.#model = new MemoryStore(bench.clock)
  }

  static async of(bench: Bench, changes: Set<string>, looks: 'always' | 'seldom' = 'always'): Promise<Pair> {
    const pair = new Pair(bench, await bench.beside(), changes, looks)
    pair.#position = (await bench.store.traced(DEEDS)).position
    return pair
  }

  async take(one: Step): Promise<void> {
    switch (one.do) {
      case 'accept':
        return this.#accept(one)
      case 'claim':
        return this.#claim(one)
      case 'settle':
        return this.#settle(one)
      case 'retry':
      case 'discard':
        return this.#decide(one)
      case 'see':
        return this.#see(one)
      case 'pass':
        return this.#bench.clock.advance(one.ms)
      case 'prune':
        return this.#prune(one)
      case 'reopen':
        // the old handle is left as a crash leaves it: not closed
        this.#store = await this.#bench.reopen()
        this.#leased = []
        assert.equal(await this.#store.releaseLeases(), await this.#model.releaseLeases())
    }
  }

  async #accept(one: Do<'accept'>): Promise<void> {
    const { clock } = this.#bench
    const group = GROUPS.findIndex((members) => members.includes(one.item))
    const items = group === LONG && !one.tells ? [] : (GROUPS[group] ?? []).map(sha)
    const incident = `x ${one.incident}`
    const row = delivery(one.item, {
      destination: DESTINATIONS[one.destination]!,
      incident,
      ...(one.origin > 0 && { origin: 'somebody' }),
      also: one.incident === 0 ? ['x 9'] : [],
      variant: VARIANTS[one.variant]!,
      apart: sha(`${one.item} apart ${one.variant}`),
      payload: `${one.item} ${one.variant} ${one.origin}`,
      state: one.state,
      ...(one.state === 'pending' ? {} : { reason: one.state }),
      ...(one.wait > 0 ? { notBefore: clock.now() + one.wait } : {}),
      ...(one.state === 'held' && one.wait > 0 && { bound: { name: 'b', most: 3, each: 2 } }),
      ...(group < 0 ? {} : { group: { id: `g${group}`, items } }),
    })
    const source = SOURCES[one.source]!
    const message = envelope(clock, one.again ? `again ${one.item}` : `${this.#messages++}`, [row], { source })
    const trace = [{ at: clock.now(), incident, event: 'accepted', fields: {} }]
    const [mine, theirs] = [await this.#store.accept(message, trace), await this.#model.accept(message, trace)]
    assert.equal(mine.outcome, theirs.outcome)
    if (mine.outcome === 'duplicate' || theirs.outcome === 'duplicate') return
    assert.equal(mine.deliveries.length, theirs.deliveries.length)
    for (const [i, id] of mine.deliveries.entries()) {
      this.#twin.set(id, theirs.deliveries[i]!)
      this.#lines.set(id, JSON.stringify([row.destination, incident, row.origin ?? source]))
    }
    const found = await this.#store.findEnvelope(message.direction, message.source, message.digest)
    assert.deepEqual(found, { id: mine.id })
  }

  async #claim({ destination, limit, leaseMs, early }: Do<'claim'>): Promise<void> {
    const { clock } = this.#bench
    const now = clock.now()
    const asked = request(clock, {
      ...{ destination: DESTINATIONS[destination]!, limit, leaseMs },
      ...(early ? { early: now } : {}),
    })
    const before = (await this.#store.backlog()).find((row) => row.destination === asked.destination)
    const possible = limit < 1 ? [] : await this.#model.claimable(asked)
    const units = await this.#store.claim(asked)
    assert.equal(units.length, Math.min(limit, possible.length))
    if (before !== undefined && before.pending > 0 && !early && limit > 0) {
      assert.equal(units.length > 0, before.due !== null && before.due <= now, 'the backlog says when')
    }
    for (const unit of units) {
      const ids = unit.map(({ id }) => this.#twin.get(id)!)
      const at = possible.findIndex((other) => other.join() === ids.join())
      assert.notEqual(at, -1, 'claimed what may not be claimed, or in another order')
      possible.splice(at, 1)
      await this.#model.claimed(asked, ids)
      for (const one of unit) assert.equal(one.payload, (await this.#model.show(this.#twin.get(one.id)!))?.payload)
    }
    if (this.#looks === 'always') await this.#assertInOrder(units.flat())
    this.#leased.push(...units.flat())
  }

  /** Of one incident and origin to one destination, nothing goes out while something before it is not settled. */
  async #assertInOrder(claimed: readonly Delivery[]): Promise<void> {
    const all = await this.#store.list()
    for (const one of claimed.filter(({ group }) => group === null)) {
      const before = all.slice(
        0,
        all.findIndex(({ id }) => id === one.id),
      )
      const line = before.filter((other) => this.#lines.get(other.id) === this.#lines.get(one.id))
      const waiting = line.filter(({ state, group }) => group === null && (state === 'pending' || state === 'sending'))
      assert.deepEqual(waiting, [])
    }
  }

  async #settle(one: Do<'settle'>): Promise<void> {
    const [leased] = this.#leased.splice(one.which % Math.max(1, this.#leased.length), 1)
    if (leased === undefined) return
    const now = this.#bench.clock.now()
    const settlement = (id: string): Settlement => {
      if (one.to === 'delivered') return { id, to: 'delivered', ...(one.count && { note: 'Pending' }) }
      if (one.to !== 'pending') return { id, to: one.to, reason: 'x' }
      const later = { nextAttempt: now + one.wait, reason: 'x', countAttempt: one.count }
      return { id, to: 'pending', ...later, ...(one.floor && { notBefore: now + one.wait }) }
    }
    await this.#store.settle([settlement(leased.id)])
    await this.#model.settle([settlement(this.#twin.get(leased.id)!)])
  }

  async #decide(one: Do<'retry' | 'discard'>): Promise<void> {
    const now = this.#bench.clock.now()
    const all = await this.#store.list()
    const target = all[one.which % Math.max(1, all.length)]
    if (target === undefined) return
    const done = await (one.beside ? this.#beside : this.#store)[one.do](target.id, now, deed(one.do))
    assert.equal(done, await this.#model[one.do](this.#twin.get(target.id)!, now, deed(one.do)))
  }

  async #prune({ hours }: Do<'prune'>): Promise<void> {
    const { clock } = this.#bench
    await clock.advance(hours * 3_600_000)
    const trace = deed('discard')
    const gone = await this.#store.prune(clock.now(), 50, trace)
    assert.equal(gone, await this.#model.prune(clock.now(), 50, trace))
  }

  async #see({ item: n, other }: Do<'see'>): Promise<void> {
    const one = { topic: 'incident', itemId: `${n}`, digest: other ? 'other' : 'd', at: this.#bench.clock.now() }
    for (const store of [this.#store, this.#model]) await store.markSeen([one])
    const ids = Array.from({ length: 6 }, (_, i) => `${i}`)
    assert.deepEqual(await this.#store.seenIds('incident', ids), await this.#model.seenIds('incident', ids))
    for (const itemId of ids) {
      const about = { topic: 'incident', itemId, digest: 'd' }
      assert.equal(await this.#store.seen(about), await this.#model.seen(about))
    }
    assert.deepEqual(await this.#store.cursor('incident'), one)
  }

  async compareQueue(): Promise<void> {
    const [store, model] = [this.#store, this.#model]
    const mine = await store.list()
    const theirs = await model.list()
    assert.deepEqual(
      mine.map(({ id, envelope: _, ...rest }) => ({ twin: this.#twin.get(id), ...rest })),
      theirs.map(({ id, envelope: _, ...rest }) => ({ twin: id, ...rest })),
    )
    assert.ok(mine.length >= this.#rows, 'none is lost: one that was withheld gives way to the same')
    this.#rows = mine.length
    for (const { id, state } of mine) {
      const before = this.#states.get(id) ?? '[*]'
      if (before !== state) this.#changes.add(`${before} ${state}`)
      this.#states.set(id, state)
    }
    const backlog = await store.backlog()
    assert.deepEqual(backlog, await model.backlog())
    assert.deepEqual(await store.tally({}, [], 1_000), await model.tally({}, [], 1_000))
    const all = mine.filter(({ state }) => /pending|sending/.test(state)).length
    assert.equal(await store.unsettled('topic', null), all)
    assert.equal(await store.unsettled('peer', null, SOURCES[0]), 0)
    assert.equal(await store.unsettled('topic', null, 'somebody'), await model.unsettled('topic', null, 'somebody'))
    for (const destination of DESTINATIONS) {
      const open = mine.filter((one) => one.destination === destination && /pending|sending/.test(one.state)).length
      assert.equal(await store.unsettled('topic', destination), open)
      for (const origin of [...SOURCES, 'somebody']) {
        const share = await store.unsettled('topic', destination, origin)
        assert.equal(share, await model.unsettled('topic', destination, origin))
      }
    }
  }

  /** What is remembered of every delivery that there is. */
  async compareMemory(): Promise<void> {
    const [store, model] = [this.#store, this.#model]
    assert.deepEqual(await this.#beside.backlog(), await store.backlog())
    const all = await store.list()
    for (const { kind, destination, item: digest } of all) {
      // found by what it went out as, too: this may be `apart`
      for (const variant of [undefined, ...VARIANTS]) {
        assert.deepEqual(await store.sourcesOf(digest, variant), await model.sourcesOf(digest, variant))
      }
      for (const sources of [undefined, ['csirt-b']]) {
        const found = await store.findPayload(kind, destination, digest, sources)
        assert.equal(found, await model.findPayload(kind, destination, digest, sources))
      }
    }
    for (const incident of new Set(all.map((one) => one.incident))) {
      const told = async (of: Store) => (await of.trace(incident)).map(({ at, event, fields }) => [at, event, fields])
      assert.deepEqual(await told(store), await told(model))
    }
    const deeds = (await store.traced(DEEDS, this.#position)).rows
    assert.deepEqual(deeds, (await model.traced(DEEDS, 0)).rows)
  }
}

import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import fc from 'fast-check'
import type { Delivery, NewDelivery, Settlement, Store } from '../../src/store/contract.ts'
import type { DeliveryState } from '../../src/vocabulary.ts'
import { Model } from './model.ts'
import { createBench, envelope, MEMORY, request, sha } from './support.ts'

const DESTINATIONS = ['t1', 't2']
/** documents of several incidents, whose items share incidents with each other and with single items */
const GROUPS = [
  ['g0a', 'g0b'],
  ['g1a', 'g1b', 'g1c'],
  ['g2a', 'g2b'],
]

type Step =
  | {
      do: 'accept'
      item: string
      incident: number
      destination: number
      state: DeliveryState
      wait: number
      again: boolean
    }
  | { do: 'claim'; destination: number; limit: number; early: boolean; leaseMs: number }
  | { do: 'settle'; which: number; to: Settlement['to']; wait: number; count: boolean }
  | { do: 'retry' | 'discard'; which: number; beside: boolean }
  | { do: 'pass'; ms: number }
  | { do: 'reopen' }

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
      incident: fc.nat(2),
      destination: fc.nat(1),
      state: fc.constantFrom(
        'pending' as const,
        'pending' as const,
        'pending' as const,
        'held' as const,
        'withheld' as const,
      ),
      wait: fc.constantFrom(0, 50, 200),
      again: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      destination: fc.nat(1),
      limit: fc.integer({ min: 1, max: 4 }),
      early: fc.boolean(),
      leaseMs: fc.constantFrom(20, 1000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(20),
      to: fc.constantFrom('delivered' as const, 'pending' as const, 'held' as const, 'withheld' as const),
      wait: fc.nat(100),
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
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
)

it(
  'does what the model does, whatever is asked of it, and nothing is lost or sent out of order',
  { timeout: 120_000 },
  () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
        await using bench = await createBench(MEMORY)
        const { clock } = bench
        const model = new Model()
        const names = new Map<string, string>()
        let leased: Delivery[] = []
        let store: Store = bench.store
        let messages = 0
        const beside = await bench.beside()

        for (const one of steps) {
          const now = clock.now()
          switch (one.do) {
            case 'accept': {
              const group = GROUPS.findIndex((members) => members.includes(one.item))
              const incident = `x ${one.incident}`
              const delivery: NewDelivery = {
                kind: 'topic',
                destination: DESTINATIONS[one.destination]!,
                incident,
                item: sha(one.item),
                payload: one.item,
                state: one.state as NewDelivery['state'],
                ...(one.wait > 0 ? { notBefore: now + one.wait } : {}),
                ...(group < 0 ? {} : { group: { id: `g${group}`, items: GROUPS[group]!.map(sha) } }),
              }
              names.set(delivery.item, one.item)
              const message = envelope(clock, one.again ? `again ${one.item}` : `${messages++}`, [delivery])
              const expected = model.accept(message, now)
              assert.equal((await store.accept(message)).outcome, expected)
              break
            }
            case 'claim': {
              const { limit, leaseMs } = one
              const asked = request(clock, {
                destination: DESTINATIONS[one.destination]!,
                limit,
                leaseMs,
                ...(one.early ? { early: now } : {}),
              })
              const possible = new Set(model.claimable(asked).map((unit) => unit.toSorted().join()))
              const units = await store.claim(asked)
              assert.equal(units.length, Math.min(limit, possible.size))
              for (const unit of units) {
                assert.ok(
                  possible.delete(
                    unit
                      .map((member) => member.item)
                      .toSorted()
                      .join(),
                  ),
                  'claimed what may not be claimed',
                )
                model.claimed(
                  asked,
                  unit.map((member) => member.item),
                )
                for (const member of unit) assert.equal(member.payload, names.get(member.item))
              }
              leased.push(...units.flat())
              break
            }
            case 'settle': {
              const [delivery] = leased.splice(one.which % Math.max(1, leased.length), 1)
              if (delivery === undefined) break
              const { id } = delivery
              const settlement: Settlement =
                one.to === 'pending'
                  ? { id, to: 'pending', nextAttempt: now + one.wait, reason: 'x', countAttempt: one.count }
                  : one.to === 'delivered'
                    ? { id, to: 'delivered' }
                    : { id, to: one.to, reason: 'x' }
              model.settle(delivery.destination, delivery.item, settlement, now)
              await store.settle([settlement])
              break
            }
            case 'retry':
            case 'discard': {
              const all = await store.list()
              const target = all[one.which % Math.max(1, all.length)]
              if (target === undefined) break
              const expected = model[one.do](target.destination, target.item, now)
              assert.equal(await (one.beside ? beside : store)[one.do](target.id, now), expected)
              break
            }
            case 'pass':
              await clock.advance(one.ms)
              break
            case 'reopen':
              // the old handle is left as a crash leaves it: not closed
              store = await bench.reopen()
              assert.equal(await store.releaseLeases(), model.releaseLeases(now))
              leased = []
              break
          }
          await compare(store, model)
          assertCountsAndFlags(bench.path)
        }
      }),
      { seed: 7, numRuns: 150 },
    ),
)

async function compare(store: Store, model: Model): Promise<void> {
  const have = (await store.list()).map((one) => [one.destination, one.item, one.state, one.attempts, one.nextAttempt])
  const want = model.kept.map((one) => {
    const open = one.state === 'pending' || one.state === 'sending'
    return [one.destination, one.item, one.state, one.attempts, open ? one.due : null]
  })
  assert.deepEqual(have, want)
}

/** What is kept for speed says the same as the rows themselves. */
function assertCountsAndFlags(path: string): void {
  using db = new DatabaseSync(path, { readOnly: true })
  const wrongCounts = db
    .prepare(
      `SELECT t.name FROM destination t WHERE
         t.pending <> (SELECT count(*) FROM delivery d WHERE d.destination = t.id AND d.state = 0) OR
         t.sending <> (SELECT count(*) FROM delivery d WHERE d.destination = t.id AND d.state = 1) OR
         t.held <> (SELECT count(*) FROM delivery d WHERE d.destination = t.id AND d.state = 3) OR
         t.withheld <> (SELECT count(*) FROM delivery d WHERE d.destination = t.id AND d.state = 4)`,
    )
    .all()
  assert.deepEqual(wrongCounts, [])
  const wrongFlags = db
    .prepare(
      `SELECT d.seq, d.ready FROM delivery d WHERE d.state = 0 AND d.ready = EXISTS (
         SELECT 1 FROM delivery m JOIN delivery e ON e.destination = m.destination AND e.incident = m.incident
         WHERE (m.seq = d.seq OR m.grp = d.grp) AND m.state = 0 AND e.state IN (0, 1)
           AND (e.ord < m.ord OR (e.ord = m.ord AND e.seq <> m.seq AND e.state = 1)))`,
    )
    .all()
  assert.deepEqual(wrongFlags, [])
}

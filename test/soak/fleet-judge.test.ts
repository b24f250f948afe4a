import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRandom } from '../support/random.ts'
import { iodef, ridReport } from '../support/reports.ts'
import { charged, judgeOutages, judgePeer } from './fleet-judge.ts'
import { plan, type Timing } from './fleet-plan.ts'
import { createFailures } from './proof.ts'
import type { Posted } from './reporters.ts'

const document = (version: number) => iodef({ id: '0-1', description: `v${version}` })
const report = (version: number, acknowledged = true): Posted => ({
  item: `item-${version}`,
  incident: '0-1',
  version,
  kind: 'valid',
  body: document(version),
  acknowledged,
  times: [],
})
const came = (version: number, at: number, incident = '0-1', body = ridReport(document(version))) => ({
  ...{ incident, version, at, body },
})

describe('what a proof of a fleet says of a peer', () => {
  const judge = (arrivals: ReturnType<typeof came>[], posted: Posted[], from?: number) => {
    const failures = createFailures()
    const faults = from === undefined ? [] : [{ name: 'a fault', from, over: from, until: from + 1_000 }]
    const again = judgePeer(failures, 'csirt-b', arrivals, posted, faults)
    return { again, failures: failures.all() }
  }

  test('nothing where each came once, in order', () => {
    assert.deepEqual(judge([came(0, 1), came(1, 2)], [report(0), report(1), report(2, false)]), {
      again: 0,
      failures: [],
    })
  })

  test('what was acknowledged and never came is lost', () => {
    assert.deepEqual(judge([came(1, 2)], [report(0), report(1)]).failures, ['lost at csirt-b: v0 of 0-1'])
  })

  test('an older version behind a newer one is out of order', () => {
    assert.match(judge([came(1, 1), came(0, 2)], [report(0), report(1)]).failures.join(), /^order at csirt-b/)
  })

  test('what nobody posted is foreign', () => {
    assert.match(judge([came(0, 1), came(0, 2, '9-9')], [report(0)]).failures.join(), /^foreign at csirt-b/)
  })

  test('another text than what was posted is altered', () => {
    const other = ridReport(document(7))
    assert.deepEqual(judge([came(0, 1, '0-1', other)], [report(0)]).failures, ['altered at csirt-b: v0 of 0-1'])
  })

  test('again is allowed for once for each fault near it, and counted', () => {
    const arrivals = [came(0, 100_000), came(0, 105_000)]
    assert.deepEqual(judge(arrivals, [report(0)], 99_000), { again: 1, failures: [] })
    assert.match(judge(arrivals, [report(0)], 10_000).failures.join(), /without a fault/)
    assert.match(judge(arrivals, [report(0)]).failures.join(), /without a fault/)
  })
})

describe('how long a sender was without an answer', () => {
  const short = { name: 'short', from: 10_000, over: 10_000, until: 20_000 }
  const outage = (from: number, until: number) => ({ from, until, seen: ['503 at 7'] })

  test('is told for each kind of fault, and above the bound a failure', () => {
    const failures = createFailures()
    const long = { name: 'long', from: 100_000, over: 100_000, until: 200_000 }
    const outages = [outage(9_000, 12_000), outage(110_000, 160_000), outage(50_000, 51_000)]
    const figures = judgeOutages(failures, outages, [short, long])
    assert.deepEqual(Object.values(figures), [3_000, 2_000, 50_000, 50_000, 1])
    assert.match(failures.all().join(), /^a sender .* too long: 50000 of 50000 ms; long -10000 .* 503 at 7$/)
  })

  test('counts from the last fault that had a part in it', () => {
    const second = { ...short, from: 15_000, over: 15_000 }
    assert.equal(charged(outage(9_000, 19_000), [short, second]), 4_000)
    assert.equal(charged(outage(16_000, 19_000), [short, second]), 3_000)
  })

  test('counts from where it is over when it stops all', () => {
    const stop = { ...short, over: 17_000 }
    assert.equal(charged(outage(9_000, 19_000), [stop]), 2_000)
    assert.equal(charged(outage(9_000, 16_000), [stop]), 0)
    assert.equal(charged(outage(30_000, 37_000), [stop]), 7_000)
  })
})

describe('a plan of faults', () => {
  const kinds: Record<string, Timing> = Object.fromEntries(
    Array.from({ length: 15 }, (_, n) => [
      `kind ${n}`,
      { lasts: [1_000, 9_000], ...(n % 2 === 0 && { ofGateway: true }) },
    ]),
  )
  const steps = plan(kinds, 30, createRandom(1))
  const names = steps.map((step) => step.map(({ name }) => name))

  test('has as many as it was asked for, each kind before any comes again, and the same for the same seed', () => {
    const all = names.flat()
    assert.equal(all.length, 30)
    assert.equal(new Set(all.slice(0, 15)).size, 15)
    assert.deepEqual(plan(kinds, 30, createRandom(1)), steps)
    assert.notDeepEqual(plan(kinds, 30, createRandom(2)), steps)
  })

  test('begins the second of two that are not the same before the first is over', () => {
    assert.deepEqual(new Set(steps.map(({ length }) => length)), new Set([1, 2]))
    for (const [first, second] of steps) {
      if (second === undefined) continue
      assert.notEqual(first.name, second.name)
      assert.ok(second.after < first.ms, JSON.stringify([first, second]))
    }
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRandom } from '../support/random.ts'
import { plan } from './fleet-faults.ts'
import { judgeOutages, judgePeer } from './fleet-judge.ts'
import { createFailures } from './proof.ts'
import type { Posted } from './reporters.ts'

const report = (version: number, acknowledged = true): Posted => ({
  item: `item-${version}`,
  incident: '0-1',
  version,
  kind: 'valid',
  acknowledged,
  times: [],
})
const came = (version: number, at: number, incident = '0-1') => ({ incident, version, at })

describe('what a proof of a fleet says of a peer', () => {
  const judge = (arrivals: ReturnType<typeof came>[], posted: Posted[], from?: number) => {
    const failures = createFailures()
    const faults = from === undefined ? [] : [{ name: 'a fault', from, until: from + 1_000 }]
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

  test('again is allowed for once for each fault near it, and counted', () => {
    const arrivals = [came(0, 100_000), came(0, 105_000)]
    assert.deepEqual(judge(arrivals, [report(0)], 99_000), { again: 1, failures: [] })
    assert.match(judge(arrivals, [report(0)], 10_000).failures.join(), /without a fault/)
    assert.match(judge(arrivals, [report(0)]).failures.join(), /without a fault/)
  })
})

test('the longest outage of a fault is that which was going on with it, and above the bound a failure', () => {
  const failures = createFailures()
  const faults = [
    { name: 'short', from: 10_000, until: 20_000 },
    { name: 'long', from: 100_000, until: 200_000 },
  ]
  const outages = [
    { from: 9_000, until: 12_000, seen: [] },
    { from: 110_000, until: 160_000, seen: ['503 at 7'] },
    { from: 50_000, until: 51_000, seen: [] },
  ]
  assert.deepEqual(Object.values(judgeOutages(failures, outages, faults)), [3_000, 50_000])
  assert.match(failures.all().join(), /^senders were without an answer for too long: long: 50000 ms .503 at 7.$/)
})

test('a plan has the promotion once, in the middle, and every other fault in four', () => {
  const names = plan(9, createRandom(1)).map(({ name }) => name)
  assert.equal(names.indexOf('the primary killed, the standby promoted'), 4)
  assert.equal(new Set(names.slice(0, 4)).size, 4)
  assert.equal(new Set(names).size, 5)
})

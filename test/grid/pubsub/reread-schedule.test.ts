import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reread } from '../../../src/grid/pubsub/reread-schedule.ts'
import { createVirtualClock } from '../../support/clock.ts'

test('is due once for all that was missed, and not before', () => {
  const clock = createVirtualClock()
  const reread = new Reread(clock, 5_000)
  assert.equal(reread.dueIn, Number.POSITIVE_INFINITY)
  reread.missed('a')
  clock.set(clock.now() + 1_000)
  reread.missed('b')
  assert.equal(reread.dueIn, 4_000)
  clock.set(clock.now() + 4_000)
  assert.equal(reread.dueIn, 0)
  assert.equal(reread.begin(), 'a')
  assert.equal(reread.dueIn, Number.POSITIVE_INFINITY)
})

test('whoever makes us miss something all the time makes us read ever less often', () => {
  const clock = createVirtualClock()
  const reread = new Reread(clock, 5_000)
  let times = 0
  for (let s = 0; s < 24 * 3_600; s += 1) {
    reread.missed(undefined)
    if (reread.dueIn === 0) {
      reread.begin()
      times += 1
    }
    clock.set(clock.now() + 1_000)
  }
  assert.ok(times > 24 && times < 40, `${times} times in a day`)
})

test('and after a quiet while it is due soon again', () => {
  const clock = createVirtualClock()
  const reread = new Reread(clock, 5_000)
  for (const expected of [5_000, 10_000, 20_000]) {
    reread.missed(undefined)
    assert.equal(reread.dueIn, expected)
    clock.set(clock.now() + expected)
    reread.begin()
  }
  clock.set(clock.now() + 2 * 3_600_000)
  reread.missed(undefined)
  assert.equal(reread.dueIn, 5_000)
  clock.set(clock.now() + 5_000)
  reread.begin()
  reread.missed(undefined)
  assert.equal(reread.dueIn, 10_000)
})

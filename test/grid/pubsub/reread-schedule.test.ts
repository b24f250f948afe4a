import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reread } from '../../../src/grid/pubsub/reread-schedule.ts'
import { createVirtualClock } from '../../support/clock.ts'

const none = async () => undefined

test('is due once for all that was missed, and not before', async () => {
  const clock = createVirtualClock()
  const reread = new Reread(clock, 5_000)
  assert.equal(reread.dueIn, Number.POSITIVE_INFINITY)
  reread.missed(async () => 'a')
  clock.set(clock.now() + 1_000)
  reread.missed(async () => 'b')
  assert.equal(reread.dueIn, 4_000)
  clock.set(clock.now() + 4_000)
  assert.equal(reread.dueIn, 0)
  assert.equal(await reread.begin(), 'a')
  assert.equal(reread.dueIn, Number.POSITIVE_INFINITY)
})

test('whoever makes us miss something all the time makes us read ever less often', async () => {
  const clock = createVirtualClock()
  const reread = new Reread(clock, 5_000)
  let times = 0
  for (let s = 0; s < 24 * 3_600; s += 1) {
    reread.missed(none)
    if (reread.dueIn === 0) {
      await reread.begin()
      times += 1
    }
    clock.set(clock.now() + 1_000)
  }
  assert.ok(times > 24 && times < 40, `${times} times in a day`)
})

test('and after a quiet while it is due soon again', async () => {
  const clock = createVirtualClock()
  const reread = new Reread(clock, 5_000)
  for (const expected of [5_000, 10_000, 20_000]) {
    reread.missed(none)
    assert.equal(reread.dueIn, expected)
    clock.set(clock.now() + expected)
    await reread.begin()
  }
  clock.set(clock.now() + 2 * 3_600_000)
  reread.missed(none)
  assert.equal(reread.dueIn, 5_000)
  clock.set(clock.now() + 5_000)
  await reread.begin()
  reread.missed(none)
  assert.equal(reread.dueIn, 10_000)
})

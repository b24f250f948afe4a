import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHolds } from '../../src/exchange/holds.ts'
import { createRate } from '../../src/exchange/rate.ts'
import { createVirtualClock } from '../support/clock.ts'

test('whoever waits is woken when something happens, or when the time is over', async () => {
  const clock = createVirtualClock()
  const holds = createHolds(clock)
  const waiting = holds.watch('one').wait('a', clock.now() + 1000)
  const late = holds.watch('two').wait('a', clock.now() + 1000)
  holds.happened('one')
  assert.equal(await waiting, true)
  await clock.advance(1000)
  assert.equal(await late, false)
})

test('what happens before somebody waits is not waited for, once', async () => {
  const clock = createVirtualClock()
  const holds = createHolds(clock)
  const watch = holds.watch('one')
  holds.happened('one')
  assert.equal(await watch.wait('a', clock.now() + 1000), true)
  const again = watch.wait('a', clock.now() + 1000)
  await clock.advance(1000)
  assert.equal(await again, false)
  watch[Symbol.dispose]()
})

test('eight of a peer wait, and 64 in all; all are let go in the end', async () => {
  const clock = createVirtualClock()
  const holds = createHolds(clock)
  const until = clock.now() + 1000
  const all = Array.from({ length: 64 }, (_, i) => holds.watch(String(i)).wait(`peer ${i % 8}`, until))
  assert.equal(await holds.watch('x').wait('peer 9', until), false)
  holds.happened('0')
  assert.equal(await all[0], true)
  assert.equal(await holds.watch('x').wait('peer 1', until), false, 'eight of this one wait')
  holds.end()
  assert.deepEqual(new Set(await Promise.all(all.slice(1))), new Set([false]))
  assert.equal(await holds.watch('x').wait('peer 9', until), false)
})

test('a rate counts what was asked within the last minute', () => {
  const rate = createRate(() => 2)
  assert.equal(rate.wait('a', 0), undefined)
  rate.count('a', 0)
  rate.count('a', 30_000)
  assert.equal(rate.wait('a', 30_000), 30)
  assert.equal(rate.wait('b', 30_000), undefined)
  assert.equal(rate.wait('a', 60_000), undefined)
  rate.count('a', 60_000)
  assert.equal(rate.wait('a', 60_001), 30)
})

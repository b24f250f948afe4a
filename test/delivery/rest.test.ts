import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rest } from '../../src/delivery/rest.ts'
import { createVirtualClock } from '../support/clock.ts'

test('who rests goes on when woken, and has no timer where no time counts', async () => {
  const clock = createVirtualClock()
  const rest = new Rest(clock)
  rest.end()
  let over = false
  const resting = rest.begin().then(() => {
    over = true
  })
  await clock.advance(3_600_000)
  assert.deepEqual([over, clock.sleepers, rest.until], [false, 0, undefined])
  rest.end()
  rest.end()
  await resting
})

test('who rests until a time goes on then, or when woken before, and leaves no timer behind', async () => {
  const clock = createVirtualClock()
  const rest = new Rest(clock)
  const until = clock.now() + 1000
  const ends: number[] = []
  const begin = () => void rest.begin(until).then(() => ends.push(clock.now()))
  begin()
  assert.equal(rest.until, until)
  await clock.advance(400)
  rest.end()
  await clock.settle()
  assert.deepEqual([ends, clock.sleepers, rest.until], [[until - 600], 0, undefined])
  begin()
  await clock.advance(1000)
  assert.deepEqual([ends, clock.sleepers, rest.until], [[until - 600, until], 0, undefined])
})

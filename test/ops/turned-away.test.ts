import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurnedAway } from '../../src/ops/turned-away.ts'

test('who is answered 503 since too much of it waits is named until it is let in, or comes no more', () => {
  let now = 1_000_000
  const away = createTurnedAway({ now: () => now })
  assert.equal(away.read(5).state, 'ok')
  away.turnedAway('csirt-a')
  away.turnedAway('csirt-b')
  assert.deepEqual(
    [away.read(5).state, /^As much waits of csirt-a, csirt-b .*\(5\)/.test(away.read(5).reason ?? '')],
    ['failed', true],
  )
  away.letIn('csirt-a')
  assert.match(away.read(5).reason ?? '', /^As much waits of csirt-b as /)
  now += 39_999
  assert.equal(away.read(5).state, 'failed')
  now += 1
  assert.equal(away.read(5).state, 'ok')
})

test('a clock that was set back keeps nobody turned away', () => {
  let now = 1_000_000
  const away = createTurnedAway({ now: () => now })
  away.turnedAway('csirt-a')
  now -= 1
  assert.equal(away.read(5).state, 'ok')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELIVERY_BACKOFF, fullJitter, PROBE_BACKOFF } from '../src/backoff.ts'
import { createVirtualClock } from './support/clock.ts'

test('waits anywhere between nothing and the doubled base, never longer than the cap', () => {
  const { random } = createVirtualClock({ seed: 3 })
  for (const backoff of [DELIVERY_BACKOFF, PROBE_BACKOFF]) {
    for (const failures of [1, 2, 5, 12, 1000]) {
      const bound = Math.min(backoff.cap, backoff.base * 2 ** (failures - 1))
      const waits = Array.from({ length: 400 }, () => fullJitter(failures, backoff, random))
      assert.ok(Math.min(...waits) >= 0 && Math.max(...waits) <= bound)
      assert.ok(Math.min(...waits) < bound * 0.05, 'the whole range is used')
      assert.ok(Math.max(...waits) > bound * 0.95, 'the whole range is used')
    }
  }
})

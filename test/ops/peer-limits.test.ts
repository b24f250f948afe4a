import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPeerLimits } from '../../src/ops/peer-limits.ts'

test('a peer is limited until a minute went by without a 429, and no other is', () => {
  let now = 1_000_000
  const limits = createPeerLimits({ now: () => now })
  assert.equal(limits.of('csirt-a').state, 'ok')
  limits.limited({ peer: 'csirt-a', limit: 'bytes' })
  limits.limited({ peer: undefined, limit: 'requests' })
  assert.equal(limits.of('csirt-a').state, 'degraded')
  assert.match(limits.of('csirt-a').reason ?? '', /`bytes` of its `limits`/)
  assert.equal(limits.of('csirt-b').state, 'ok')
  now += 59_999
  assert.equal(limits.of('csirt-a').state, 'degraded')
  now += 1
  assert.equal(limits.of('csirt-a').state, 'ok')
})

test('a clock that was set back limits nobody', () => {
  let now = 1_000_000
  const limits = createPeerLimits({ now: () => now })
  limits.limited({ peer: 'csirt-a', limit: 'bytes' })
  now -= 1
  assert.equal(limits.of('csirt-a').state, 'ok')
})

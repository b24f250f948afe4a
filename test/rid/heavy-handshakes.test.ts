import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEAVY } from '../../src/rid/handshake-turns.ts'
import { HeavyHandshakes } from '../../src/rid/heavy-handshakes.ts'

function heavy() {
  const clock = { now: 0 }
  const handshakes = new HeavyHandshakes(() => clock.now)
  const fail = (address: string, times: number, bytes = 60_000) => {
    for (let n = 0; n < times; n += 1) handshakes.failed(address, bytes)
  }
  return { clock, handshakes, fail }
}

test('a network with heavy handshakes that lead nowhere has to wait, and others do not', () => {
  const { clock, handshakes, fail } = heavy()
  fail('192.0.2.1', 3)
  assert.ok(!handshakes.refuses('192.0.2.1'))
  fail('192.0.2.1', 1)
  assert.ok(handshakes.refuses('192.0.2.1'))
  assert.ok(handshakes.refuses('::ffff:192.0.2.1'))
  assert.ok(!handshakes.refuses('192.0.2.2'))
  clock.now += 6_000
  assert.ok(!handshakes.refuses('192.0.2.1'))
  fail('192.0.2.1', 1)
  assert.ok(handshakes.refuses('192.0.2.1'), 'one every five seconds')
  clock.now += 60_000
  fail('192.0.2.1', 3)
  assert.ok(!handshakes.refuses('192.0.2.1'))
})

test('handshakes that fail for whatever else make nobody wait, unless there is no end of them', () => {
  const { clock, handshakes, fail } = heavy()
  fail('192.0.2.1', 100, HEAVY - 1)
  assert.ok(!handshakes.refuses('192.0.2.1'))
  fail('192.0.2.1', 100, HEAVY - 1)
  assert.ok(handshakes.refuses('192.0.2.1'))
  clock.now += 10_000
  assert.ok(!handshakes.refuses('192.0.2.1'))
})

test('whoever only looks whether anybody is there is never made to wait', () => {
  const { handshakes, fail } = heavy()
  fail('192.0.2.1', 100_000, 0)
  assert.ok(!handshakes.refuses('192.0.2.1'))
})

test('nobody waits who shares the network of a peer', () => {
  const { handshakes, fail } = heavy()
  handshakes.vouch('2001:db8::1')
  fail('2001:db8::2', 100)
  assert.ok(!handshakes.refuses('2001:db8::2'))
  fail('2001:db8:1::2', 100)
  assert.ok(handshakes.refuses('2001:db8:1::3'))
})

test('only so many networks are remembered', () => {
  const { handshakes, fail } = heavy()
  for (let n = 0; n < 10_001; n += 1) fail(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 4)
  assert.ok(!handshakes.refuses('10.0.0.0'))
  assert.ok(handshakes.refuses('10.0.39.16'))
})

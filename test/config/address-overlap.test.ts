import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { overlap } from '../../src/config/address-overlap.ts'

describe('two addresses to listen on', () => {
  for (const [a, b] of [
    ['127.0.0.1', '127.0.0.1'],
    ['gateway.example', 'GATEWAY.example'],
    ['0.0.0.0', '192.0.2.1'],
    ['::', '::1'],
    ['::', '192.0.2.1'],
    ['::', '0.0.0.0'],
    // Node takes IPv4 there, too, whatever the name stands for
    ['::', 'localhost'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['2001:DB8::1', '2001:db8:0::1'],
  ] as const) {
    test(`${a} and ${b} are in each other's way, whichever comes first`, () => {
      assert.ok(overlap(a, b))
      assert.ok(overlap(b, a))
    })
  }

  for (const [a, b] of [
    ['127.0.0.1', '127.0.0.2'],
    ['::1', '127.0.0.1'],
    ['0.0.0.0', '::1'],
    // a name is only known to be itself
    ['0.0.0.0', 'localhost'],
    ['a.example', 'b.example'],
  ] as const) {
    test(`${a} and ${b} are not`, () => {
      assert.ok(!overlap(a, b))
      assert.ok(!overlap(b, a))
    })
  }

  test('an address is always in its own way', () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), (host) => overlap(host, host)))
  })
})

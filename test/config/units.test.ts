import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseDuration, parseSize } from '../../src/config/units.ts'

describe('durations', () => {
  test('carry their unit', () => {
    assert.deepEqual(
      ['500ms', '30s', '5m', '2h', '3d', '1.5s', '10 s'].map(parseDuration),
      [500, 30_000, 300_000, 7_200_000, 259_200_000, 1500, 10_000],
    )
  })

  test('are nothing else', () => {
    for (const bad of ['', '30', 's', '-1s', '1S', '1 week', '1e3s', '0x1s', ' 1s', '1s ', '1s2']) {
      assert.equal(parseDuration(bad), undefined, bad)
    }
  })
})

describe('sizes', () => {
  test('tell thousands from powers of two', () => {
    assert.deepEqual(['7B', '250KB', '1MB', '2KiB', '1MiB'].map(parseSize), [7, 250_000, 1_000_000, 2048, 1_048_576])
    for (const bad of ['1', '1mb', '1K', '1GiBs', 'MiB']) assert.equal(parseSize(bad), undefined, bad)
  })

  test('of whole bytes come back as they are', () => {
    fc.assert(fc.property(fc.nat(), (n) => parseSize(`${n}B`) === n))
  })
})

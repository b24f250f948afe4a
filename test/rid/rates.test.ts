import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Rates } from '../../src/rid/rates.ts'

function at(start = 0) {
  let now = start
  const rates = new Rates(() => now)
  return {
    rates,
    pass(ms: number) {
      now += ms
    },
  }
}

describe('so much a minute', () => {
  test('is taken at once, then one after another as it comes back', () => {
    const { rates, pass } = at()
    for (let i = 0; i < 10; i += 1) assert.equal(rates.take('a', 1, 10), 0)
    const wait = rates.take('a', 1, 10)
    assert.ok(wait > 5_900 && wait <= 6_000, String(wait))
    pass(wait)
    assert.equal(rates.take('a', 1, 10), 0)
    assert.notEqual(rates.take('a', 1, 10), 0)
  })

  test('is refused without being used up: who asks while it has to wait waits no longer for it', () => {
    const { rates, pass } = at()
    for (let i = 0; i < 10; i += 1) rates.take('a', 1, 10)
    for (let i = 0; i < 100; i += 1) rates.take('a', 1, 10)
    pass(6_000)
    assert.equal(rates.take('a', 1, 10), 0)
  })

  test('is each its own', () => {
    const { rates } = at()
    for (let i = 0; i < 11; i += 1) rates.take('a', 1, 10)
    assert.equal(rates.take('b', 1, 10), 0)
  })

  test('lets through what is more than all of it, once nothing else was', () => {
    const { rates, pass } = at()
    assert.equal(rates.take('a', 500, 100), 0)
    const wait = rates.take('a', 1, 100)
    assert.ok(wait > 240_000, String(wait))
    pass(wait)
    assert.equal(rates.take('a', 1, 100), 0)
    assert.notEqual(rates.take('a', 500, 100), 0)
  })

  test('counts what is only known later', () => {
    const { rates } = at()
    assert.equal(rates.take('a', 0, 100), 0)
    rates.used('a', 150, 100)
    assert.equal(rates.take('a', 0, 100), 30_000)
  })

  test('holds at once when another limit is set', () => {
    const { rates } = at()
    for (let i = 0; i < 10; i += 1) rates.take('a', 1, 10)
    assert.equal(rates.take('a', 1, 20), 0)
  })

  test('remembers no more than ten thousand', () => {
    const { rates } = at()
    rates.take('first', 10, 10)
    for (let i = 0; i < 10_000; i += 1) rates.take(`n${i}`, 1, 10)
    assert.equal(rates.take('first', 10, 10), 0)
    assert.notEqual(rates.take('n9999', 10, 10), 0)
  })
})

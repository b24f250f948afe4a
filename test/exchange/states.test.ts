import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUndecided, legMay } from '../../src/exchange/states.ts'
import { LEG_STATES } from '../../src/vocabulary.ts'

test('a leg that said something says nothing else', () => {
  assert.deepEqual(LEG_STATES.filter(isUndecided), ['waiting', 'promised'])
  assert.ok(legMay('waiting', 'promised'))
  assert.ok(legMay('promised', 'denied'))
  for (const [from, to] of [
    ['promised', 'waiting'],
    ['answered', 'denied'],
    ['denied', 'answered'],
    ['expired', 'answered'],
  ] as const) {
    assert.ok(!legMay(from, to), `${from} to ${to}`)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAnswerAllowance } from '../../../src/grid/xmpp/answer-allowance.ts'

const asked = (from: string | undefined, id = 'x') => ({ id, from })

test('whoever asks without an end is answered a while, then now and then', () => {
  let now = 0
  const allows = createAnswerAllowance([], undefined, () => now)
  const answered = (times: number) => Array.from({ length: times }, () => allows(asked('a@x/1'))).filter(Boolean).length
  const first = answered(1_000)
  assert.ok(first > 50 && first < 100, `${first}`)
  assert.equal(answered(1_000), 0)
  now += 10_000
  const later = answered(1_000)
  assert.ok(later > 5 && later < 20, `${later} in ten seconds`)
  now += 10_000_000
  assert.equal(answered(1_000), first)
})

test('long ids use the allowance up sooner, and one who asks little is answered again', () => {
  let now = 0
  const allows = createAnswerAllowance([], undefined, () => now)
  const long = Array.from({ length: 100 }, () => allows(asked('a@x/1', 'i'.repeat(8_000)))).filter(Boolean).length
  assert.ok(long < 5, `${long}`)
  now += 20_000
  assert.ok(allows(asked('b@x/1')))
})

test('the server and the Broker are always answered', () => {
  const allows = createAnswerAllowance(['grid.example', 'pubsub.grid.example'], undefined, () => 0)
  for (let n = 0; n < 1_000; n += 1) allows(asked('a@x/1'))
  assert.ok(!allows(asked('a@x/1')))
  for (const from of [undefined, 'grid.example', 'pubsub.grid.example']) assert.ok(allows(asked(from)), from)
})

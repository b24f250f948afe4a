import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailingTopics } from '../../src/gateway/failing-topics.ts'

const any = () => true

test('a Topic that only fails is left after 30 s, for five minutes, and for twice as long each time that it fails again', () => {
  const topics = new FailingTopics()
  let now = 0
  for (const minutes of [5, 10, 20, 40, 60, 60]) {
    topics.failed('incident', now)
    topics.failed('incident', now + 1_000)
    assert.deepEqual(topics.leave(now + 29_999, any), [])
    assert.deepEqual(
      topics.leave(now + 30_000, () => false),
      [],
      'nobody else may have it',
    )
    assert.deepEqual(topics.leave(now + 30_000, any), ['incident'])
    now += 30_000 + minutes * 60_000
    assert.deepEqual(topics.left(now - 1), ['incident'])
    assert.deepEqual(topics.left(now), [])
  }
  topics.answered('incident')
  topics.failed('incident', now)
  topics.failed('incident', now)
  assert.deepEqual(topics.leave(now + 30_000, any), ['incident'])
  assert.deepEqual(topics.left(now + 330_000), [])
})

test('one failure is one item’s own, and what the Broker answered, or another session met, does not count', () => {
  const topics = new FailingTopics()
  topics.failed('incident', 0)
  assert.deepEqual(topics.leave(60_000, any), [])
  topics.answered('incident')
  topics.failed('incident', 60_000)
  topics.failed('incident', 61_000)
  assert.deepEqual(topics.leave(61_000, any), [])
  topics.forget()
  assert.deepEqual(topics.leave(120_000, any), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { repeats } from './repeats.ts'

const shown = (...times: readonly (readonly [id: string, at: number])[]) => times.map(([id, at]) => ({ id, at }))

test('an item that was shown before a process began, and again by it, is one that the Broker could have told of', () => {
  const { known, unknown } = repeats(shown(['a', 10], ['b', 20], ['a', 120]), [100, 200])
  assert.deepEqual(known, ['a, 90 ms before the process began that published it again'])
  assert.equal(unknown, 0)
})

test('what the dead process had written and the Broker not read is not the fault of the next one', () => {
  const { known, unknown } = repeats(shown(['a', 101], ['a', 120], ['b', 50]), [100])
  assert.deepEqual(known, [])
  assert.equal(unknown, 1)
})

test('the second of two repeats counts, too', () => {
  assert.equal(repeats(shown(['a', 101], ['a', 120], ['a', 230]), [100, 200]).known.length, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Suspects } from '../../../src/grid/pubsub/suspects.ts'

const on = (...items: string[]) => items.map((item) => ({ item, size: 100_000 }))

/** The line breaks with `item` alone on it; others come through the next one. */
function breaksAt(suspects: Suspects, item: string) {
  suspects.lineBroke(on(item), true)
  const verdict = suspects.blame(item, 'incident', 'broke')
  suspects.clear('another', 'incident', 1_000)
  return verdict
}

test('an item at which lines break, and only at it, is held at the third', () => {
  const suspects = new Suspects()
  assert.deepEqual(
    [1, 2, 3].map(() => breaksAt(suspects, 'a')),
    ['again', 'again', 'hold'],
  )
})

test('a network that forgets connections, whatever is on them, has no item held', () => {
  const suspects = new Suspects()
  for (let i = 0; i < 10; i += 1) {
    assert.notEqual(breaksAt(suspects, 'a'), 'hold')
    assert.notEqual(breaksAt(suspects, 'a'), 'hold')
    suspects.lineBroke(i % 2 === 0 ? [] : on('b'), true)
  }
})

test('a network that forgets one connection after the other, whose items all came through in between, is noticed as soon each time', () => {
  const suspects = new Suspects()
  for (let i = 0; i < 10; i += 1) {
    suspects.lineBroke([...on('small'), { item: `large-${i}`, size: 200_000 }], true)
    assert.equal(suspects.silences, 1)
    suspects.clear('small', 'incident', 100_000)
    assert.equal(suspects.silences, 1)
    suspects.clear(`large-${i}`, 'incident', 200_000)
    assert.equal(suspects.silences, 0)
  }
})

test('lines that fall silent in a row are counted until much came through one', () => {
  const suspects = new Suspects()
  suspects.lineBroke(on('a'), false)
  suspects.lineBroke([], true)
  assert.equal(suspects.silences, 0)
  suspects.lineBroke(on('a'), true)
  suspects.clear('b', 'incident', 20_000)
  suspects.lineBroke(on('a'), true)
  assert.equal(suspects.silences, 2)
  for (let i = 0; i < 8; i += 1) suspects.clear('b', 'incident', 100_000)
  assert.equal(suspects.silences, 0)
})

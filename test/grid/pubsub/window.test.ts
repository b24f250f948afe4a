import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Window } from '../../../src/grid/pubsub/window.ts'

test('what is read quickly lets more be written, up to a megabyte', () => {
  const window = new Window()
  for (let i = 0; i < 200; i += 1) window.took(10_000, 20, undefined)
  assert.equal(window.size, 1_048_576)
})

test('a line that takes long for what lies in it gets no more than it takes in a second', () => {
  const window = new Window()
  for (let i = 0; i < 20; i += 1) window.took(10_000, 500, undefined)
  window.took(10_000, 5_000, 20_000)
  assert.equal(window.size, 20_000)
  window.took(10_000, 9_000, 1_000)
  assert.equal(window.size, 16_384)
})

test('items that were read quickly one by one do not let a megabyte be written to a line that was seen to take less', () => {
  const window = new Window()
  for (let i = 0; i < 100; i += 1) window.took(10_000, 300, 33_000)
  assert.equal(window.size, 66_000)
  // as it is filled, it shows what it takes
  for (const rate of [66_000, 132_000, 264_000]) for (let i = 0; i < 20; i += 1) window.took(10_000, 300, rate)
  assert.ok(window.size > 200_000, `${window.size}`)
})

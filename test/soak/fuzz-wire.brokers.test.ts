import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EFFORT } from '../support/effort.ts'
import { fuzzWire } from './fuzz-wire.ts'

test('bodies that are framed oddly reach the door as they are, and what contradicts itself does not', async () => {
  const { failures, figures } = await fuzzWire({
    count: 150 * EFFORT,
    seed: Number(process.env.SEED ?? 20_261_126),
    say: () => {},
  })
  assert.deepEqual(failures, [])
  assert.ok(Number(figures['answered 200']) > 30 * EFFORT, JSON.stringify(figures))
})

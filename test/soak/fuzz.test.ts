import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EFFORT } from '../support/effort.ts'
import { fuzzIntake } from './fuzz-intake.ts'
import { fuzzItems } from './fuzz-items.ts'
import { fuzzReplies } from './fuzz-replies.ts'

// A sample of what `npm run soak -- fuzz-intake fuzz-items fuzz-replies` has a million of.

const seed = Number(process.env.SEED ?? 20_261_126)
const say = () => {}

test('bodies that somebody mangled: what is Approved is stored, allowed, and comes back equal', async () => {
  const { failures, figures } = await fuzzIntake({ count: 400 * EFFORT, seed, say })
  assert.deepEqual(failures, [])
  assert.ok(Number(figures['answered Approved']) > 20 * EFFORT, JSON.stringify(figures))
})

test('items that somebody forged: none stops an honest one, and no peer is sent what it may not have', async () => {
  const { failures, figures } = await fuzzItems({ count: 320 * EFFORT, seed, say })
  assert.deepEqual(failures, [])
  assert.ok(Number(figures['messages to peers, all valid and allowed']) > 100 * EFFORT, JSON.stringify(figures))
})

test('replies that somebody mangled: none is taken for a receipt that is none', async () => {
  const { failures } = await fuzzReplies({ count: 1_000 * EFFORT, seed, say })
  assert.deepEqual(failures, [])
})

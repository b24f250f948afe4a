import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sameReading } from '../soak/same-reading.ts'
import { EFFORT } from '../support/effort.ts'

// A sample of what `npm run soak -- reading` has a hundred thousand of.

test('one walk over the tree of libxml2 finds what reading step by step finds', async () => {
  const count = 700 * EFFORT
  const seed = Number(process.env.SEED ?? 20_261_126)
  const { failures, figures } = await sameReading({ count, seed, say() {} })
  assert.deepEqual(failures, [])
  assert.ok(Number(figures.plain) > count / 20, JSON.stringify(figures))
  assert.ok(Number(figures['plain items']) > count / 100, JSON.stringify(figures))
})

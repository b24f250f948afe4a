import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flood } from '../soak/flood.ts'

// `npm run soak -- flood` does the same with ten thousand of each and a million elements
for (const kind of ['prosody', 'ejabberd'] as const) {
  test(`nobody suffers from forged events, foreign items and a giant one, through ${kind}`, async () => {
    const { failures, figures } = await flood({ kind, count: 300, seed: 7, say: () => undefined })
    assert.deepEqual(failures, [])
    assert.ok(Number(figures['ordinary items meanwhile, all at the peer']) > 0, JSON.stringify(figures))
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slowLine } from '../soak/slow-line.ts'

// `npm run soak -- slow-line` does it with 120 reports and one of 200 kB
for (const [kind, count] of [
  ['prosody', 6],
  ['ejabberd', 3],
] as const) {
  test(`each report comes once, in order, as fast as the rate limit that ${kind} ships with allows, and somebody is told of it`, async () => {
    const { failures, figures } = await slowLine({ kind, count, seed: 7, say: () => undefined })
    assert.deepEqual(failures, [])
    assert.ok(Number(figures['small ones of another Topic meanwhile']) > 0, JSON.stringify(figures))
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journeys } from '../soak/journeys.ts'
import { runs } from '../support/arbitraries.ts'

const EACH = 70

// `npm run soak -- journeys` makes ten thousand
for (const [kind, durable] of [
  ['prosody', true],
  ['prosody', false],
  ['ejabberd', true],
] as const) {
  const broker = kind === 'prosody' ? `prosody (${durable ? 'sql' : 'memory'})` : kind
  test(`generated reports come back equal from a RID client to slixmpp through ${broker}, or are refused with a reason`, async () => {
    const { seed, numRuns } = runs(EACH)
    const { failures, figures } = await journeys({ kind, durable, seed, count: numRuns, say: () => undefined })
    assert.deepEqual(failures, [])
    assert.ok(Number(figures['approved, and back equal']) > numRuns / 3, JSON.stringify(figures))
    assert.ok(Number(figures['denied with a reason']) > numRuns / 10, JSON.stringify(figures))
  })
}

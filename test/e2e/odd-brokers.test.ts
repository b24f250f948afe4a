import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oddBrokers } from '../soak/odd-brokers.ts'

// `npm run soak -- odd-brokers` breaks the line fifty times
test('nothing is lost, shown twice or held at Brokers of other kinds, as lines break', async () => {
  const { failures, figures } = await oddBrokers({ kind: 'prosody', count: 2, seed: 7, say: () => undefined })
  assert.deepEqual(failures, [])
  assert.ok(Object.keys(figures).length >= 8, JSON.stringify(figures))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fewFaults } from '../soak/faults.ts'

// `npm run soak -- faults` holds it to the quarter of a minute, on both Brokers; here the machine may be busy
test('each fault turns its own part and its own alert, and back; nobody whose report is not taken finds the page green', async (t) => {
  const { failures, figures } = await fewFaults({
    kind: 'prosody',
    count: 45,
    seed: 1,
    say: (line) => t.diagnostic(line),
  })
  assert.deepEqual(failures, [])
  assert.ok(Object.keys(figures).length > 10, JSON.stringify(figures))
})

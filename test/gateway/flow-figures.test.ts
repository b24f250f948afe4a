import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flowFigures } from '../../src/gateway/flow-figures.ts'
import { createMetrics } from '../../src/metrics.ts'

test('the flow is what the metrics say: by source what was taken and refused, by destination what was sent', async () => {
  const metrics = createMetrics()
  const message = { direction: 'rid-to-grid', source: 'csirt-a', reason: '' }
  metrics.messages.inc({ ...message, outcome: 'accepted' }, 5)
  metrics.messages.inc({ ...message, outcome: 'duplicate' }, 2)
  metrics.messages.inc({ ...message, outcome: 'denied', reason: 'no-route' }, 1)
  metrics.messages.inc({ ...message, outcome: 'refused', reason: 'schema' }, 1)
  metrics.messages.inc({ ...message, direction: 'grid-to-rid', source: 'incident', outcome: 'consumed' }, 4)
  metrics.lastMessage.set({ source: 'csirt-a' }, 1_700_000_000)
  metrics.lastMessage.set({ source: 'incident' }, 0)
  for (const [outcome, n] of [
    ['published', 3],
    ['retried', 2],
    ['held', 1],
  ] as const) {
    metrics.deliveries.inc({ kind: 'topic', destination: 'incident', outcome }, n)
  }
  metrics.lastDelivery.set({ kind: 'topic', destination: 'incident' }, 1_700_000_001)
  assert.deepEqual(await flowFigures(metrics), [
    { way: 'in', name: 'csirt-a', done: 5, failed: 2, last: 1_700_000_000_000 },
    { way: 'in', name: 'incident', done: 4, failed: 0, last: 0 },
    { way: 'out', kind: 'topic', name: 'incident', done: 3, failed: 2, last: 1_700_000_001_000 },
  ])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import { setFirstFigures } from '../../src/gateway/first-figures.ts'
import { createMetrics, METRICS, type MetricRow } from '../../src/metrics.ts'

test('every counter is there before it counts, so that the first step is an increase', async () => {
  const metrics = createMetrics()
  const config = {
    grid: {
      topics: [{ name: 'incident' }],
      upload: { hosts: ['files.example', '10.0.0.0/8'] },
      participants: [{ jid: 'soc@grid.example' }],
    },
    routes: [],
    rid: { basic: true },
    peers: [{ name: 'csirt-a', identity: { basic: { user: 'a' } } }],
    delivery: { maxQueue: 7 },
  }
  setFirstFigures(metrics, config as unknown as Config, '1.2.3')
  const text = await metrics.registry.metrics()
  for (const { name, type } of Object.values<MetricRow>(METRICS)) {
    if (type === 'counter') assert.match(text, new RegExp(`^iodef_gateway_${name}(?:\\{[^}]*\\})? 0$`, 'm'), name)
  }
  assert.match(text, /^iodef_gateway_queue_limit 7$/m)
  assert.match(text, /^iodef_gateway_build_info\{version="1\.2\.3",node="v\d+\.[^"]*"\} 1$/m)
  for (const host of ['files.example', 'elsewhere']) {
    assert.match(text, new RegExp(`kind="file",destination="${host}",outcome="held"\\} 0$`, 'm'))
  }
  assert.ok(!text.includes('10.0.0.0'))
  assert.match(text, /kind="jid",destination="soc@grid\.example",outcome="held"\} 0$/m)
  assert.match(text, /^iodef_gateway_gaps_total\{topic="incident"\} 0$/m)
})

test('a reload forgets nothing: when something came and went last, of files too, stays as it was', async () => {
  const metrics = createMetrics()
  const config = {
    grid: { topics: [{ name: 'incident' }], upload: { hosts: ['files.example'] }, participants: [] },
    routes: [],
    rid: {},
    peers: [],
    delivery: { maxQueue: 7 },
  }
  setFirstFigures(metrics, config as unknown as Config, '1.2.3')
  metrics.lastDelivery.set({ kind: 'file', destination: 'files.example' }, 1700)
  metrics.lastMessage.set({ source: 'incident' }, 1800)
  setFirstFigures(metrics, { ...config, delivery: { maxQueue: 8 } } as unknown as Config, '1.2.3')
  const text = await metrics.registry.metrics()
  assert.match(text, /destination="files\.example"\} 1700$/m)
  assert.match(text, /last_message_timestamp_seconds\{source="incident"\} 1800$/m)
  assert.match(text, /^iodef_gateway_queue_limit 8$/m)
})

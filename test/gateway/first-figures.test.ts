import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import { setFirstFigures } from '../../src/gateway/first-figures.ts'
import { createMetrics, METRICS, type MetricRow } from '../../src/metrics.ts'

test('every counter is there before it counts, so that the first step is an increase', async () => {
  const metrics = createMetrics()
  const config = {
    grid: { topics: [{ name: 'incident' }], upload: { hosts: ['files.example', '10.0.0.0/8'] } },
    peers: [{ name: 'csirt-a' }],
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
  assert.match(text, /^iodef_gateway_gaps_total\{topic="incident"\} 0$/m)
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMetrics, METRICS, type MetricRow } from '../src/metrics.ts'

/** The lines of one metric that have a value above zero. */
async function linesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const text = await metrics.registry.metrics()
  return text.split('\n').filter((line) => line.startsWith(`iodef_gateway_${name}`) && !line.endsWith(' 0'))
}

describe('metrics', () => {
  test('have the prefix, words, and labels without what a stranger sends', async () => {
    const { registry } = createMetrics()
    const all = await registry.getMetricsAsJSON()
    assert.ok(all.length >= 15)
    for (const { name, help } of all) {
      assert.match(name, /^iodef_gateway_[a-z_]+$/)
      assert.match(help, /^[A-Z1].{10,}/)
    }
  })

  test('are those of the table, with its labels and buckets', async () => {
    const metrics = createMetrics()
    const all = await metrics.registry.getMetricsAsJSON()
    const rows = Object.values<MetricRow>(METRICS)
    assert.deepEqual(
      all.map(({ name, help, type }) => [name, help, String(type)]),
      rows.map(({ name, help, type }) => [`iodef_gateway_${name}`, help, type]),
    )
    assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length)
    metrics.requestSeconds.observe(0.02)
    metrics.requestSeconds.observe(2)
    const seconds = await linesOf(metrics, 'rid_request_seconds')
    for (const line of ['bucket{le="0.025"} 1', 'bucket{le="5"} 2', 'sum 2.02', 'count 2'])
      assert.ok(seconds.includes(`iodef_gateway_rid_request_seconds_${line}`), seconds.join('\n'))
    metrics.requests.inc({ peer: 'csirt-a', status: '200' }, 3)
    assert.deepEqual(await linesOf(metrics, 'rid_requests'), [
      'iodef_gateway_rid_requests_total{peer="csirt-a",status="200"} 3',
    ])
    assert.throws(() => metrics.requests.inc({ stranger: 'x' } as never), /label/)
  })

  test('are apart in each gateway', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.storeFailures.inc({ operation: 'accept' })
    assert.equal((await linesOf(one, 'store_failures_total')).length, 1)
    assert.deepEqual(await linesOf(other, 'store_failures_total'), [])
  })
})

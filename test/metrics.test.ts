import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { countRid, createMetrics } from '../src/metrics.ts'

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

  test('are apart in each gateway', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.storeFailures.inc({ operation: 'accept' })
    assert.equal((await linesOf(one, 'store_failures_total')).length, 1)
    assert.deepEqual(await linesOf(other, 'store_failures_total'), [])
  })
})

describe('what the RID listener saw', () => {
  test('is counted by peer and status, a stranger as nobody in particular', async () => {
    const metrics = createMetrics()
    for (const peer of ['csirt-a', 'csirt-a', undefined]) {
      countRid(metrics, { kind: 'request', peer, status: peer === undefined ? 403 : 200, bytes: 7, ms: 20 })
    }
    countRid(metrics, { kind: 'request', peer: 'csirt-a', status: 0, bytes: 0, ms: 2_000 })
    assert.deepEqual(await linesOf(metrics, 'rid_requests_total'), [
      'iodef_gateway_rid_requests_total{peer="csirt-a",status="200"} 2',
      'iodef_gateway_rid_requests_total{peer="unknown",status="403"} 1',
      'iodef_gateway_rid_requests_total{peer="csirt-a",status="0"} 1',
    ])
    const seconds = await linesOf(metrics, 'rid_request_seconds')
    assert.ok(seconds.includes('iodef_gateway_rid_request_seconds_bucket{le="0.025"} 3'), seconds.join('\n'))
    assert.ok(seconds.includes('iodef_gateway_rid_request_seconds_sum 2.06'), seconds.join('\n'))
  })

  test('is told apart where an operator can act on it, and no further', async () => {
    const metrics = createMetrics()
    for (const reason of ['CERT_HAS_EXPIRED', 'CERT_REVOKED', 'ECONNRESET', 'whatever a stranger brings about'])
      countRid(metrics, { kind: 'handshake-refused', reason })
    for (const reason of ['total', 'peer'] as const) countRid(metrics, { kind: 'connection-refused', reason })
    countRid(metrics, { kind: 'client-error', reason: 'HPE_INVALID_METHOD' })
    assert.deepEqual(
      (await linesOf(metrics, 'rid_connections_refused_total')).map((line) => line.replace(/^.*reason=/, '')).sort(),
      [
        '"CERT_HAS_EXPIRED"} 1',
        '"CERT_REVOKED"} 1',
        '"client-error"} 1',
        '"handshake"} 2',
        '"limit-peer"} 1',
        '"limit-total"} 1',
      ],
    )
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brokerAway } from '../soak/broker-away.ts'
import { killExchanges } from '../soak/kill-exchanges.ts'
import { killGridToRid } from '../soak/kill-grid-to-rid.ts'
import { killRidToGrid } from '../soak/kill-rid-to-grid.ts'

// `npm run soak` does the same fifty times, for minutes, with other seeds
for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`what was acknowledged survives, through ${kind}`, () => {
    const options = { kind, seed: 7, say: () => undefined }

    test('kill -9 of the gateway as senders post', async () => {
      const { failures, figures } = await killRidToGrid({ ...options, count: 3 })
      assert.deepEqual(failures, [])
      assert.ok(Number(figures.acknowledged) > 5, JSON.stringify(figures))
      assert.ok(Number(figures['refused or denied']) > 0, JSON.stringify(figures))
    })

    test('kill -9 of the gateway as items come, its stop, and a restart of the Broker', async () => {
      const { failures, figures } = await killGridToRid({ ...options, count: 3 })
      assert.deepEqual(failures, [])
      assert.ok(Number(figures['items published']) > 50, JSON.stringify(figures))
    })

    test('the absence of the Broker, which senders do not notice', async () => {
      const { failures, figures } = await brokerAway({ ...options, count: 2 })
      assert.deepEqual(failures, [])
      assert.ok(Number(figures['of these while the Broker was away']) > 10, JSON.stringify(figures))
    })
  })
}

test('questions survive kill -9 of two gateways in a ring, and each asker has its own answer', async () => {
  const { failures, figures } = await killExchanges({ kind: 'prosody', seed: 7, say: () => undefined, count: 3 })
  assert.deepEqual(failures, [])
  assert.ok(Number(figures['of these while somebody was asked and had not answered']) > 0, JSON.stringify(figures))
  assert.ok(Number(figures['promised, and answered by callback']) > 5, JSON.stringify(figures))
})

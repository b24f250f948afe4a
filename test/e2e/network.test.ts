import assert from 'node:assert/strict'
import { test } from 'node:test'
import { badNetwork } from '../soak/bad-network.ts'
import { blackhole } from '../soak/blackhole.ts'

// `npm run soak -- bad-network` does it for minutes, on both Brokers
test('loses nothing and gets stuck nowhere in a network that cuts, stalls, delays and forgets connections', async () => {
  const { failures, figures } = await badNetwork({ kind: 'prosody', count: 15, seed: 11, say: () => undefined })
  assert.deepEqual(failures, [])
  assert.ok(Number(figures.acknowledged) > 20, JSON.stringify(figures))
  assert.ok(Number(figures['items by others']) > 20, JSON.stringify(figures))
})

// `npm run soak -- blackhole` does it a dozen times, with one item or many, on lines of which nothing is known, too
test('notices that the network forgot a connection with much under way, and holds nothing of it', async () => {
  const { failures, figures } = await blackhole({ kind: 'prosody', count: 1, seed: 11, say: () => undefined })
  assert.deepEqual(failures, [])
  assert.equal(figures['connections forgotten'], 1)
})

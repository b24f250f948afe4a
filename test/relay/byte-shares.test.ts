import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteShares } from '../../src/relay/byte-shares.ts'

const KIB = 1024

function shares(stored: Record<string, number>) {
  const clock = { now: 0 }
  let looks = 0
  const bytes = new ByteShares({
    maxQueue: 10,
    measure: async (peer) => {
      looks += 1
      return stored[peer] ?? 0
    },
    now: () => clock.now,
  })
  return { bytes, clock, looks: () => looks }
}

test('a peer that has as many bytes in the queue as it may has room again once they are gone, and others always have', async () => {
  const stored: Record<string, number> = { full: 100 * KIB }
  const { bytes, clock, looks } = shares(stored)
  assert.equal(await bytes.take('full', 50 * KIB), true)
  assert.equal(await bytes.take('full', 50 * KIB), false)
  assert.equal(await bytes.take('other', 160 * KIB), true)
  stored.full = 0
  assert.equal(await bytes.take('full', 50 * KIB), false, 'it was looked at just now')
  clock.now += 1_000
  assert.equal(await bytes.take('full', 50 * KIB), true)
  assert.equal(looks(), 3)
})

test('a report larger than the share of a peer is taken where it has nothing else', async () => {
  const { bytes, clock } = shares({})
  assert.equal(await bytes.take('a', 500 * KIB), true)
  clock.now += 1
  assert.equal(await bytes.take('a', 1), false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { RidClient } from '../support/rid-client.ts'
import { startPublishing } from './publishing.ts'
import { startReporters } from './reporters.ts'

// A proof whose step fails must end: what it leaves running would keep its process, and so the whole run, for good.

const random = () => 0.5

test('senders whom nobody answers end with their proof', async () => {
  let sent = 0
  const client: Partial<RidClient> = {
    async send() {
      sent += 1
      throw new Error('ECONNREFUSED')
    },
    async [Symbol.asyncDispose]() {},
  }
  const site = { client: async () => client as RidClient }
  {
    await using reporters = await startReporters(site, 'csirt-a', { senders: 2, pause: 1, random })
    await wait(100)
    assert.ok(reporters.posted.length >= 2)
  }
  // one attempt of each may be on its way
  await wait(500)
  const before = sent
  await wait(500)
  assert.equal(sent, before)
})

test('publishers whom the Broker never confirms end with their proof', async () => {
  let tried = 0
  const user = {
    async publish() {
      tried += 1
      throw new Error('the connection was lost')
    },
  }
  {
    await using publishing = startPublishing(user, 'incident', { lanes: 2, pause: 1, random })
    await wait(300)
    assert.deepEqual(publishing.published, [])
    assert.ok(tried >= 2)
  }
  await wait(500)
  const before = tried
  await wait(500)
  assert.equal(tried, before)
})

test('what is stopped in order is there whole', async () => {
  const confirmed: string[] = []
  const user = {
    async publish(_topic: string, id: string) {
      await wait(20)
      confirmed.push(id)
    },
  }
  await using publishing = startPublishing(user, 'incident', { lanes: 3, pause: 1, random })
  await wait(50)
  await publishing.stop()
  assert.ok(confirmed.length >= 3)
  assert.equal(publishing.published.length, confirmed.length)
})

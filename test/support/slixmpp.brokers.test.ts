import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Broker } from './brokers.ts'
import { startProsody } from './prosody.ts'
import { startGridUser } from './slixmpp.ts'

let broker: Broker
before(async () => {
  broker = await startProsody({ durable: false })
})
after(() => broker?.dispose())

const account = { user: 'gateway', password: 'gateway-secret' }

test('whoever asks a grid user that is gone is told so, and does not wait for good', async () => {
  const user = await startGridUser(broker, account)
  await user.create('incident')
  const asked = assert.rejects(user.raw('<presence/>').then(() => user.ids('incident')))
  await user[Symbol.asyncDispose]()
  await asked
  const outcome = await Promise.race([
    user.publish('incident', '1', '<x xmlns="urn:x"/>').catch((error: Error) => error.message),
    wait(10_000, 'still waiting', { ref: false }),
  ])
  assert.match(String(outcome), /^the slixmpp user gateway ended \(0\)/)
})

test('a login that is refused is told', async () => {
  await assert.rejects(startGridUser(broker, { ...account, password: 'wrong' }), /login refused/)
})

test('a second user with the full JID of one that is there is refused, since each would end the stream of the other', async () => {
  await using first = await startGridUser(broker, account)
  await assert.rejects(startGridUser(broker, account), /gateway@grid\.example\/gateway is held by another user/)
  await using second = await startGridUser(broker, { ...account, resource: 'second' })
  assert.notEqual(first.jid, second.jid)
})

test('the full JID of a user that is gone is free', async () => {
  for (const _ of [1, 2]) {
    await using user = await startGridUser(broker, account)
    assert.match(user.jid, /\/gateway$/)
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FAKE_DOMAIN } from '../../support/fake-controller.ts'
import { fakeCertificates } from '../../support/fake-grid.ts'
import { join } from '../../support/fake-topic.ts'
import { Recorder, until } from '../../support/recorder.ts'

/** XEP-0060 §8.6 */
function asks(jid: string): string {
  const field = (name: string, value: string) => `<field var="${name}"><value>${value}</value></field>`
  const fields =
    field('FORM_TYPE', 'http://jabber.org/protocol/pubsub#subscribe_authorization') +
    field('pubsub#node', 'incident') +
    field('pubsub#subscriber_jid', jid)
  return `<message from="pubsub.${FAKE_DOMAIN}"><x xmlns="jabber:x:data" type="form">${fields}</x></message>`
}

describe('requests to be subscribed', () => {
  const made = fakeCertificates()

  test('a stranger who asks without an end does not get the whole line, and a member is let in behind him', async () => {
    const member = `member@${FAKE_DOMAIN}`
    // a Broker that asks though nobody has to be approved
    const topic = { access: 'whitelist', members: [member] } as const
    await using link = await join({ made, script: {}, recorder: new Recorder(), options: {}, topic })
    const from = link.fake.secure.length
    await link.fake.send(asks(`stranger@${FAKE_DOMAIN}/1`).repeat(1_000) + asks(member))
    const answered = (jid: string, word: string) =>
      [...link.fake.secure.slice(from).matchAll(/<subscription [^>]*>/g)].filter(
        ([tag]) => tag.includes(jid) && tag.includes(word),
      ).length
    await until(() => answered(member, 'subscribed') > 0, 'the member to be let in')
    const denied = answered('stranger@', 'none')
    assert.ok(denied > 10 && denied < 200, `${denied} answers`)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bareJid, domain } from '../../src/config/fields.ts'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import { gridConfig, topicConfig } from '../support/grid-config.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'
import { START } from '../support/start-broker.ts'

test('a domain that is configured with A-labels is no unknown host to a real prosody', async () => {
  await using broker = await START.prosody({ domain: 'grün.example' })
  const config = gridConfig(broker, {
    jid: bareJid.parse('gateway@xn--grn-ioa.example'),
    broker: domain.parse('pubsub.xn--grn-ioa.example'),
    topics: [topicConfig()],
  })
  const recorder = new Recorder()
  const { tell } = new LogLines(recorder)
  await using grid = createXmppGrid({ config, consume: ['incident'], handlers: recorder, tell })
  grid.start()
  await grid.whenUp(AbortSignal.timeout(30_000))
  const outcome = await grid.publish('incident', 'a', '<a xmlns="urn:x"/>', AbortSignal.timeout(30_000))
  assert.equal(outcome.kind, 'delivered')
  await until(() => recorder.ids().includes('a'), 'the item')
})

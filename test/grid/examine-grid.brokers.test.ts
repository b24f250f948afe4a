import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { examineGrid } from '../../src/grid/examine-grid.ts'
import { answer, FAKE_DOMAIN, type FakeIq, startFakeController } from '../support/fake-controller.ts'
import { fakeCertificates, fakeGridConfig } from '../support/fake-grid.ts'

const SERVICE =
  '<query xmlns="http://jabber.org/protocol/disco#info"><identity category="pubsub" type="service"/></query>'

describe('check --online', () => {
  const made = fakeCertificates()

  test('takes the Broker for the same in whatever case its address is configured, as start does', async () => {
    // servers write addresses as RFC 7622 §3.2 has them
    const onIq = (iq: FakeIq) =>
      answer({ ...iq, to: iq.to.toLowerCase() }, iq.xml.includes('disco#info') ? SERVICE : '')
    await using fake = await startFakeController({ certificate: made.certificate, onIq })
    const config = fakeGridConfig(fake, made.ca.cert, { broker: `PubSub.${FAKE_DOMAIN}` })
    assert.deepEqual(await examineGrid(config, new Set()), [])
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import { startFakeController } from '../support/fake-controller.ts'
import { fakeCertificates, fakeGridConfig } from '../support/fake-grid.ts'
import { topicConfig } from '../support/grid-config.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'

const never = new AbortController().signal

describe('one Topic never stops another', () => {
  const made = fakeCertificates()

  test('a Topic that something fails at again and again is down, and the session and the others are up', async () => {
    await using fake = await startFakeController({ certificate: made.certificate })
    const topics = ['incident', 'other'].map((name) => topicConfig({ name }))
    let failures = 0
    class Failing extends Recorder {
      override async seenIds(topic: string, ids: readonly string[]) {
        if (topic === 'incident') return super.seenIds(topic, ids)
        failures += 1
        throw new Error('a fault')
      }
    }
    const recorder = new Failing()
    const config = fakeGridConfig(fake, made.ca.cert, { topics })
    const timing = { min: 10, max: 50, topicRetry: 100, resync: 60_000 }
    const { tell } = new LogLines(recorder)
    await using grid = createXmppGrid({ config, consume: ['incident', 'other'], handlers: recorder, tell, timing })
    grid.start()
    await until(() => failures >= 3, 'the Topic to fail')
    assert.equal(fake.logins, 1)
    const state = recorder.states.findLast(({ part, reason }) => part === 'topic:other' && reason !== null)
    assert.equal(state?.state, 'down')
    assert.match(state?.reason ?? '', /a fault/)
    assert.equal(recorder.stateOf('topic:incident'), 'up')
    assert.deepEqual(await grid.publish('incident', 'i', '<a xmlns="urn:x"/>', never), { kind: 'delivered' })
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { examineGrid } from '../../src/grid/examine-grid.ts'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import {
  answer,
  FAKE_DOMAIN,
  type FakeController,
  type FakeIq,
  type FakeScript,
  startFakeController,
} from '../support/fake-controller.ts'
import { fakeCertificates, fakeGridConfig } from '../support/fake-grid.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'

const DISCO = 'http://jabber.org/protocol/disco#info'
const STREAMS = 'urn:ietf:params:xml:ns:xmpp-streams'
const sendsTo = (address: string) => `<see-other-host xmlns="${STREAMS}">${address}</see-other-host>`
const addressOf = ({ service }: FakeController) => service.replace(/^xmpps?:\/\//, '')

describe('a Controller that sends us to another host', () => {
  const made = fakeCertificates()

  const start = (script: Partial<FakeScript> = {}) => startFakeController({ certificate: made.certificate, ...script })

  const configOf = (fake: FakeController) => fakeGridConfig(fake, made.ca.cert)

  function begin(fake: FakeController) {
    const recorder = new Recorder()
    const log = new LogLines(recorder)
    const config = configOf(fake)
    const timing = { min: 60_000, max: 60_000 }
    const grid = createXmppGrid({ config, consume: [], handlers: recorder, tell: log.tell, timing })
    grid.start()
    const session = () => recorder.states.findLast(({ part }) => part === 'session')
    return { grid, log, recorder, session, [Symbol.asyncDispose]: () => grid[Symbol.asyncDispose]() }
  }

  for (const [where, at] of [
    ['in the clear', 'clear'],
    ['inside TLS', 'tls'],
    ['behind the login', 'login'],
  ] as const) {
    test(`is followed, at once, when it says so ${where}`, async () => {
      await using second = await start()
      await using first = await start({ streamError: { at, xml: sendsTo(addressOf(second)) } })
      await using link = begin(first)
      await link.grid.whenUp(AbortSignal.timeout(30_000))
      assert.equal(second.logins, 1)
      assert.equal(second.servername, FAKE_DOMAIN)
      assert.match(first.clear + first.secure, /<\/stream:stream>$/)
      // a command that waits for the login must not take it for a failure
      assert.ok(!link.recorder.states.some(({ part, state }) => part === 'session' && state === 'down'))
    })
  }

  test('is followed out of a session that was up', async () => {
    await using second = await start()
    await using first = await start()
    await using link = begin(first)
    await link.grid.whenUp(AbortSignal.timeout(30_000))
    await first.send(`<stream:error>${sendsTo(addressOf(second))}</stream:error></stream:stream>`)
    await until(() => second.logins === 1, 'the login elsewhere')
    await until(() => link.session()?.state === 'up', 'the session')
  })

  test('is followed with direct TLS, and to a host that has no STARTTLS not with a password', async () => {
    await using direct = await start({ direct: true })
    await using first = await start({ direct: true, streamError: { at: 'tls', xml: sendsTo(addressOf(direct)) } })
    await using link = begin(first)
    await link.grid.whenUp(AbortSignal.timeout(30_000))
    assert.equal(direct.logins, 1)

    await using plain = await start({ starttls: 'absent' })
    await using other = await start({ streamError: { at: 'clear', xml: sendsTo(addressOf(plain)) } })
    await using refused = begin(other)
    await until(() => refused.session()?.state === 'refused', 'the refusal')
    assert.match(refused.session()?.reason ?? '', /offers no STARTTLS\. This was at xmpp:\/\/127\.0\.0\.1:\d+, where/)
    assert.doesNotMatch(plain.clear, /<auth/)
  })

  test('is not followed to a host whose certificate is not for our domain', async () => {
    const wrong = await made.ca.issue({ cn: 'evil', dns: ['evil.example', 'localhost'], ip: ['127.0.0.1'] })
    await using second = await start({ certificate: wrong })
    await using first = await start({ streamError: { at: 'clear', xml: sendsTo(addressOf(second)) } })
    await using link = begin(first)
    await until(() => link.session()?.state === 'refused', 'the refusal')
    assert.match(link.session()?.reason ?? '', /does not name grid\.example\..* This was at xmpp:/)
    assert.equal(second.logins, 0)
    assert.doesNotMatch(second.secure, /<auth/)
  })

  test('is not followed in a circle', async () => {
    await using first = await start()
    first.script = { ...first.script, streamError: { at: 'clear', xml: sendsTo(addressOf(first)) } }
    await using link = begin(first)
    await until(() => link.session()?.state === 'down', 'the end of it')
    assert.equal(first.connections, 6)
    assert.match(link.session()?.reason ?? '', /ended the stream: see-other-host 127\.0\.0\.1:\d+/)
    assert.equal(link.log.lines.filter(({ text }) => text === 'Controller sends us elsewhere.').length, 5)
  })

  test('is followed by check --online as well', async () => {
    const onIq = (iq: FakeIq) =>
      iq.xml.includes('disco#info') && !iq.xml.includes('node=')
        ? answer(iq, `<query xmlns="${DISCO}"><identity category="pubsub" type="service"/></query>`)
        : undefined
    await using second = await start({ onIq })
    await using first = await start({ streamError: { at: 'tls', xml: sendsTo(addressOf(second)) } })
    assert.deepEqual(await examineGrid(configOf(first), new Set()), [])
    first.script = { ...first.script, streamError: { at: 'tls', xml: `<reset xmlns="${STREAMS}"/>` } }
    const [found] = await examineGrid(configOf(first), new Set())
    assert.match(found?.message ?? '', /^xmpp:\/\/127\.0\.0\.1:\d+ ended the stream: reset\.$/)
  })

  test('is told where it points to no address', async () => {
    await using first = await start({ streamError: { at: 'clear', xml: sendsTo('http://evil.example/') } })
    await using link = begin(first)
    await until(() => link.session()?.state === 'down', 'the failed attempt')
    assert.match(link.session()?.reason ?? '', /see-other-host http:\/\/evil\.example\//)
    assert.equal(first.connections, 1)
  })
})

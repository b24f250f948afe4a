import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GridConfig } from '../../src/config/types.ts'
import { examineGrid } from '../../src/grid/examine-grid.ts'
import { patience } from '../../src/grid/xmpp/session.ts'
import type { ResolveSrv } from '../../src/grid/xmpp/srv.ts'
import { createXmppGrid, type XmppGridOptions } from '../../src/grid/xmpp-grid.ts'
import { freePort } from '../support/brokers.ts'
import {
  answer,
  FAKE_DOMAIN,
  type FakeController,
  type FakeIq,
  type FakeScript,
  startFakeController,
} from '../support/fake-controller.ts'
import { startFakeDns } from '../support/fake-dns.ts'
import { fakeCertificates, fakeGridConfig } from '../support/fake-grid.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'

const DISCO = 'http://jabber.org/protocol/disco#info'
const portOf = ({ service }: Pick<FakeController, 'service'>) => Number(new URL(service).port)

describe('a Controller at several addresses', () => {
  const made = fakeCertificates()

  const start = (script: Partial<FakeScript> = {}) => startFakeController({ certificate: made.certificate, ...script })
  const dead = async () => ({ service: `xmpp://127.0.0.1:${await freePort()}` })
  const configOf = (service: GridConfig['service']): GridConfig => ({
    ...fakeGridConfig({ service: '' }, made.ca.cert),
    service,
  })

  function begin(service: GridConfig['service'], resolveSrv?: ResolveSrv, times: XmppGridOptions['timing'] = {}) {
    const recorder = new Recorder()
    const log = new LogLines(recorder)
    const timing = { min: 60_000, max: 60_000, ...times }
    const grid = createXmppGrid({
      config: configOf(service),
      consume: [],
      handlers: recorder,
      tell: log.tell,
      timing,
      ...(resolveSrv && { resolveSrv }),
    })
    grid.start()
    const session = () => recorder.states.findLast(({ part }) => part === 'session')
    return { grid, log, recorder, session, [Symbol.asyncDispose]: () => grid[Symbol.asyncDispose]() }
  }

  test('is logged in to where one is away, and left for another at once when that dies', async () => {
    await using second = await start()
    await using third = await start()
    await using link = begin([(await dead()).service, second.service, third.service])
    await link.grid.whenUp(AbortSignal.timeout(30_000))
    assert.equal(second.logins, 1)
    second.drop()
    await until(() => third.logins === 1, 'the login at the next one')
    await until(() => link.session()?.state === 'up', 'the session')
    assert.equal(third.servername, FAKE_DOMAIN, 'it is known by its domain, wherever it is')
    assert.ok(!link.recorder.states.some(({ part, state }) => part === 'session' && state === 'down'))
    const connected = link.log.lines.filter(({ text }) => text === 'Controller connected.')
    assert.deepEqual(
      connected.map(({ fields }) => (fields as { readonly service?: string }).service),
      [second.service, third.service],
    )
  })

  test('is not waited for for long where an address takes connections and says nothing', async () => {
    await using mute = await start({ stallAt: 'connect' })
    await using second = await start()
    await using link = begin([mute.service, second.service], undefined, { connect: 300 })
    await link.grid.whenUp(AbortSignal.timeout(30_000))
    assert.deepEqual([mute.connections, second.logins], [1, 1])
    assert.equal(patience({ connect: 30_000 }, true).connect, 8_000)
    assert.equal(patience({ connect: 30_000 }, false).connect, 30_000, 'where it is the only one')
  })

  test('is not logged in to where the certificate is not for its domain, and the next one is tried', async () => {
    const wrong = await made.ca.issue({
      cn: 'evil',
      dns: ['evil.example', 'localhost'],
      ip: ['127.0.0.1'],
      server: true,
    })
    await using first = await start({ certificate: wrong })
    await using second = await start()
    await using link = begin([first.service, second.service])
    await link.grid.whenUp(AbortSignal.timeout(30_000))
    assert.equal(first.logins, 0)
    assert.doesNotMatch(first.secure, /<auth/)
    assert.equal(second.logins, 1)
  })

  test('is found by SRV records, with STARTTLS and with TLS from the first byte', async () => {
    await using dns = await startFakeDns()
    await using clear = await start()
    await using direct = await start({ direct: true })
    const at = (of: FakeController, priority: number) => ({ name: 'localhost', port: portOf(of), priority, weight: 0 })
    dns.answers.set(`_xmpp-client._tcp.${FAKE_DOMAIN}`, [at(clear, 20)])
    dns.answers.set(`_xmpps-client._tcp.${FAKE_DOMAIN}`, [at(direct, 10)])
    await using link = begin('srv', dns.resolve)
    await link.grid.whenUp(AbortSignal.timeout(30_000))
    assert.deepEqual([direct.logins, clear.logins], [1, 0])
    assert.equal(direct.servername, FAKE_DOMAIN)
    direct.drop()
    await until(() => clear.logins === 1, 'the login at the other')
    assert.equal(clear.servername, FAKE_DOMAIN)
  })

  test('that DNS says nothing of is away, and that is told', async () => {
    await using dns = await startFakeDns()
    dns.answers.set(`_xmpp-client._tcp.${FAKE_DOMAIN}`, 'SERVFAIL')
    await using link = begin('srv', dns.resolve)
    await until(() => link.session()?.state === 'down', 'the end of the attempt')
    assert.match(link.session()?.reason ?? '', /Where grid\.example is served, its SRV records do not say/)
  })

  test('is looked at by check --online address by address', async () => {
    const onIq = (iq: FakeIq) =>
      iq.xml.includes('disco#info') && !iq.xml.includes('node=')
        ? answer(iq, `<query xmlns="${DISCO}"><identity category="pubsub" type="service"/></query>`)
        : undefined
    await using good = await start({ onIq })
    await using refusing = await start({ failure: 'not-authorized' })
    const away = await dead()
    const said = async (service: GridConfig['service'], resolve?: ResolveSrv) =>
      (await examineGrid(configOf(service), new Set(), 0, resolve)).map(
        ({ kind, path, message }) => `${kind} ${path}: ${message.slice(0, 60)}`,
      )
    assert.deepEqual(await said([away.service, good.service]), [
      `warning grid.service[0]: ${`${away.service} cannot be reached: Nothing listens there, or a firewall refuses`.slice(0, 60)}`,
      `note grid.service[1]: ${good.service} takes the login`,
    ])
    const [first = '', second = ''] = await said([good.service, refusing.service])
    assert.match(first, /^note grid\.service\[0\]/)
    assert.match(second, /^problem grid\.auth\.password: .* refuses the login/)
    assert.deepEqual(
      (await said([away.service, away.service.replace('127.0.0.1', 'localhost')])).map((line) => line.slice(0, 26)),
      ['unreachable grid.service[0', 'unreachable grid.service[1'],
    )
    await using dns = await startFakeDns()
    dns.answers.set(`_xmpp-client._tcp.${FAKE_DOMAIN}`, [
      { name: 'localhost', port: portOf(good), priority: 0, weight: 0 },
    ])
    assert.deepEqual(await said('srv', dns.resolve), [
      `note grid.service: xmpp://localhost:${portOf(good)} takes the login`,
    ])
    dns.answers.set(`_xmpp-client._tcp.${FAKE_DOMAIN}`, [{ name: '.', port: 0, priority: 0, weight: 0 }])
    assert.deepEqual(await said('srv', dns.resolve), [
      'unreachable grid.service: grid.example has no XMPP service: its SRV records say so.',
    ])
  })
})

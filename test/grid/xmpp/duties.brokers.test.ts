import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { openSession, type SessionTiming } from '../../../src/grid/xmpp/session.ts'
import {
  answer,
  FAKE_DOMAIN,
  type FakeIq,
  type FakeScript,
  startFakeController,
} from '../../support/fake-controller.ts'
import { fakeCertificates, fakeGridConfig } from '../../support/fake-grid.ts'
import { until } from '../../support/recorder.ts'

/** docs/conformance.md names these: what a client owes the other end, whatever it is there for. */
describe('duties of a client', () => {
  const made = fakeCertificates()

  async function connected(
    script: Partial<FakeScript> = {},
    timing: Partial<SessionTiming> = {},
    jid = `gateway@${FAKE_DOMAIN}`,
  ) {
    const fake = await startFakeController({ certificate: made.certificate, ...script })
    const config = fakeGridConfig(fake, made.ca.cert, { jid })
    const session = await openSession(
      { config, onMessage: () => {}, onDropped: () => {}, timing },
      AbortSignal.timeout(30_000),
    )
    /** What the client said behind this point, once there are so many stanzas of a name. */
    const said = async (name: string, count: number, from = 0) => {
      const all = () => fake.secure.slice(from).match(new RegExp(`<${name}\\b.*?(?:</${name}>|/>)`, 'gs')) ?? []
      await until(() => all().length >= count, `${count} ${name}`)
      return all()
    }
    const dispose = async () => {
      session.destroy(new GatewayError('grid-away'))
      await fake[Symbol.asyncDispose]()
    }
    return { fake, session, said, [Symbol.asyncDispose]: dispose }
  }

  /** What is said to these stanzas, up to the answer to a ping behind them. */
  async function answersTo(...stanzas: string[]): Promise<string> {
    await using link = await connected()
    await until(() => link.fake.secure.includes('<presence'), 'the login')
    const from = link.fake.secure.length
    await link.fake.send(`${stanzas.join('')}<iq type="get" id="last"><ping xmlns="urn:xmpp:ping"/></iq>`)
    await until(() => link.fake.secure.includes('"last"'), 'the answer to the ping')
    return link.fake.secure.slice(from)
  }

  const errorOf = (said: string, id: string) =>
    (said.match(/<iq\b.*?<\/iq>|<iq\b[^>]*\/>/gs) ?? []).find((iq) => iq.includes(`id="${id}"`)) ?? ''

  test('the header of each stream has to and version, and no id', async () => {
    await using link = await connected()
    const headers = [...`${link.fake.clear}${link.fake.secure}`.matchAll(/<stream:stream [^>]*>/g)].map(
      ([text]) => text,
    )
    assert.equal(headers.length, 3)
    for (const header of headers) {
      assert.match(header, / to="grid\.example"/)
      assert.match(header, / version="1\.0"/)
      assert.doesNotMatch(header, / id=/)
    }
  })

  test('a stream begins with an XML declaration, in UTF-8 and without a byte order mark', async () => {
    await using link = await connected()
    assert.match(link.fake.clear, /^<\?xml version=["']1\.0["'](?: encoding=["']UTF-8["'])?\?>/i)
  })

  test('nothing but the negotiation is said before a resource is bound', async () => {
    await using link = await connected()
    const before = `${link.fake.clear}${link.fake.secure}`.split('xmpp-bind')[0] ?? ''
    assert.doesNotMatch(before, /<message|<presence/)
    assert.equal((before.match(/<iq/g) ?? []).length, 1, 'that which binds')
  })

  test('the address is the one that the server bound', async () => {
    await using link = await connected()
    assert.equal(link.session.address.full, link.fake.client)
    assert.match(link.fake.client, /^gateway@grid\.example\/gateway-[0-9a-f]{8}$/)
  })

  test('our own end of a stream has its closing tag', async () => {
    await using link = await connected()
    await link.session.close()
    assert.match(link.fake.secure, /<\/stream:stream>$/)
  })

  test('a stranger who asks without an end does not get the whole line, and the server is answered', async () => {
    const asked = Array.from(
      { length: 2_000 },
      (_, n) => `<iq type="get" id="q${n}" from="stranger@x/y"><a xmlns="urn:a"/></iq>`,
    )
    const said = await answersTo(...asked)
    assert.match(said, /"q0"/)
    assert.ok(said.length < 50_000, `${said.length} characters`)
  })

  test('TLS 1.3 is what it speaks where the other end does', async () => {
    await using link = await connected()
    assert.equal(link.fake.protocol, 'TLSv1.3')
  })

  test('an error that answers a ping is a sign of life', async () => {
    const pinged = (iq: FakeIq) =>
      iq.xml.includes('urn:xmpp:ping')
        ? `<iq type="error" id="${iq.id}" from="${iq.to}"><error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`
        : undefined
    await using link = await connected({ onIq: pinged }, { pingInterval: 20, pingTimeout: 2_000 })
    await until(() => (link.fake.secure.match(/urn:xmpp:ping/g) ?? []).length > 5, 'several pings')
    assert.equal(await Promise.race([link.session.closed, Promise.resolve('open')]), 'open')
  })

  test('a question to our server has no to, one to somebody else has', async () => {
    await using link = await connected()
    await link.session.request({ type: 'get', payload: '<q xmlns="urn:q"/>' })
    await link.session.request({ to: `pubsub.${FAKE_DOMAIN}`, type: 'get', payload: '<p xmlns="urn:p"/>' })
    const asked = await link.said('iq', 3)
    assert.doesNotMatch(asked.find((iq) => iq.includes('urn:q')) ?? '', / to=/)
    assert.match(asked.find((iq) => iq.includes('urn:p')) ?? '', / to="pubsub\.grid\.example"/)
  })

  test('each question has an id of its own', async () => {
    await using link = await connected()
    const ask = () => link.session.request({ type: 'get', payload: '<q xmlns="urn:q"/>' })
    await Promise.all(Array.from({ length: 20 }, ask))
    const ids = [...link.fake.secure.matchAll(/<iq [^>]*\bid="([^"]+)"/g)].map(([, id]) => id)
    assert.ok(ids.length > 20)
    assert.equal(new Set(ids).size, ids.length)
  })

  test('an answer without from counts for a question to our own server alone', async () => {
    await using link = await connected({
      onIq: (iq) => (iq.xml.includes('urn:q') ? `<iq type="result" id="${iq.id}"/>` : undefined),
    })
    const ask = (to?: string) =>
      link.session.request({ ...(to && { to }), type: 'get', payload: '<q xmlns="urn:q"/>', timeoutMs: 300 })
    assert.equal((await ask()).kind, 'result')
    assert.equal((await ask(`pubsub.${FAKE_DOMAIN}`)).kind, 'timeout')
  })

  test('an answer counts whatever the case of the address that was configured', async () => {
    const domain = FAKE_DOMAIN
    await using link = await connected(
      { onIq: (iq) => (iq.xml.includes('urn:q') ? answer(iq, '', `gateway@${domain}`) : undefined) },
      {},
      'Gateway@Grid.EXAMPLE',
    )
    assert.equal(link.fake.servername, FAKE_DOMAIN)
    assert.equal((await link.session.request({ type: 'get', payload: '<q xmlns="urn:q"/>' })).kind, 'result')
  })

  test('disco#info is answered with an identity and what is offered, and nothing else', async () => {
    const info = 'http://jabber.org/protocol/disco#info'
    const said = await answersTo(`<iq type="get" id="d" from="a@grid.example/x"><query xmlns="${info}"/></iq>`)
    const result = errorOf(said, 'd')
    assert.match(result, /type="result"/)
    assert.match(result, /<identity [^>]*category="client"/)
    const features = [...result.matchAll(/<feature var="([^"]+)"/g)].map(([, feature]) => feature)
    assert.deepEqual(features.sort(), [
      'http://jabber.org/protocol/caps',
      info,
      'http://jabber.org/protocol/disco#items',
      'urn:ietf:params:xml:ns:iodef-2.0',
      'urn:xmpp:incident:2',
      'urn:xmpp:ping',
    ])
  })

  test('disco#info of a node that is not there gets no answer of another, one of the root has its node', async () => {
    const ask = (id: string, what: string, node: string) =>
      `<iq type="get" id="${id}" from="a@grid.example/x"><query xmlns="http://jabber.org/protocol/disco#${what}"${node}/></iq>`
    const said = await answersTo(
      ask('a', 'info', ' node="any"'),
      ask('b', 'items', ' node="any"'),
      ask('c', 'info', ' node=""'),
    )
    for (const id of ['a', 'b']) assert.match(errorOf(said, id), /type="error".*item-not-found/s, id)
    assert.match(errorOf(said, 'c'), /type="result".*<query [^>]*node=""/s)
  })

  test('disco#items is answered with an empty list', async () => {
    const items = 'http://jabber.org/protocol/disco#items'
    const said = await answersTo(`<iq type="get" id="d" from="a@grid.example/x"><query xmlns="${items}"/></iq>`)
    assert.match(said, new RegExp(`<iq [^>]*id="d"[^>]*><query xmlns="${items}"/></iq>`))
    assert.doesNotMatch(errorOf(said, 'd'), /type="error"/)
  })

  test('a question that the parser skips is answered all the same', async () => {
    const deep = `${'<a xmlns="urn:x">'.repeat(400)}${'</a>'.repeat(400)}`
    const skipped: [id: string, child: string, condition: string][] = [
      ['deep', deep, 'policy-violation'],
      ['long', `<x xmlns="urn:x">${'x'.repeat(1_300_000)}</x>`, 'policy-violation'],
      ['comment', '<x xmlns="urn:x"><!-- > --></x>', 'bad-request'],
      ['unbound', '<n:x/>', 'bad-request'],
      ['entity', '<x xmlns="urn:x">&evil;</x>', 'bad-request'],
      ['crossed', '<x xmlns="urn:x"><y></x></y>', 'bad-request'],
    ]
    const said = await answersTo(
      ...skipped.map(([id, child]) => `<iq type="set" to="b>c" id="${id}" from="eve@grid.example/x">${child}</iq>`),
      `<iq type="result" id="r" from="eve@grid.example/x"><n:x/></iq>`,
      `<iq type="error" id="e" from="eve@grid.example/x"><n:x/></iq>`,
    )
    for (const [id, , condition] of skipped) {
      assert.match(errorOf(said, id), new RegExp(`type="error".*to="eve@grid\\.example/x".*${condition}`, 's'), id)
    }
    assert.doesNotMatch(said, /id="[re]"/)
  })

  test('a long answer of somebody else does not end a question to our own server', async () => {
    await using link = await connected({
      onIq: (iq) =>
        iq.xml.includes('urn:q')
          ? `<iq type="result" id="${iq.id}" from="eve@evil.example/x"><n:x/></iq><iq type="result" id="${iq.id}"/>`
          : undefined,
    })
    assert.equal((await link.session.request({ type: 'get', payload: '<q xmlns="urn:q"/>' })).kind, 'result')
  })

  test('the IQs of XEP-0268 are answered: unable', async () => {
    const kinds = { report: 'set', inquiry: 'get', request: 'get', response: 'set' }
    const said = await answersTo(
      ...Object.entries(kinds).map(
        ([name, type]) =>
          `<iq type="${type}" id="${name}" from="grid.example"><${name} xmlns="urn:xmpp:incident:2"/></iq>`,
      ),
    )
    for (const id of Object.keys(kinds)) assert.match(errorOf(said, id), /type="error".*service-unavailable/s, id)
  })

  test('an IQ of a wrong type or without its one child is a bad request', async () => {
    const said = await answersTo(
      '<iq type="shout" id="a" from="grid.example"><x xmlns="urn:x"/></iq>',
      '<iq id="b" from="grid.example"><x xmlns="urn:x"/></iq>',
      '<iq type="get" id="c" from="grid.example"/>',
      '<iq type="get" id="d" from="grid.example"><x xmlns="urn:x"/><y xmlns="urn:y"/></iq>',
    )
    for (const id of ['a', 'b', 'c', 'd']) assert.match(errorOf(said, id), /type="error".*bad-request/s, id)
  })

  test('nothing is said to a result or an error that nobody asked for', async () => {
    const said = await answersTo(
      '<iq type="result" id="a" from="eve@grid.example/x"/>',
      '<iq type="error" id="b" from="eve@grid.example/x"><error type="cancel"/></iq>',
    )
    assert.doesNotMatch(said, /id="[ab]"/)
  })

  test('an error goes back to whom the question came from, under its id', async () => {
    const said = await answersTo('<iq type="set" id="q7" from="eve@grid.example/x"><x xmlns="urn:x"/></iq>')
    const error = errorOf(said, 'q7')
    assert.match(error, / to="eve@grid\.example\/x"/)
    assert.match(error, /<error /)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LoginConfig } from '../../../src/config/types.ts'
import { GatewayError } from '../../../src/errors.ts'
import { errorText } from '../../../src/grid/xmpp/iq.ts'
import { openSession, type SessionTiming } from '../../../src/grid/xmpp/session.ts'
import {
  answer,
  event,
  FAKE_DOMAIN,
  type FakeController,
  type FakeIq,
  type FakeScript,
  startFakeController,
} from '../../support/fake-controller.ts'
import { fakeCertificates, fakeGridConfig } from '../../support/fake-grid.ts'
import type { Certificate } from '../../support/pki.ts'
import { until } from '../../support/recorder.ts'

const PASSWORD = 'gateway-secret'

describe('a session at a Controller that fails by script', () => {
  const made = fakeCertificates()

  async function attempt(
    script: Partial<FakeScript>,
    overrides?: Partial<LoginConfig>,
    timing?: Partial<SessionTiming>,
  ) {
    await using fake = await startFakeController({ certificate: made.certificate, ...script })
    const messages: string[] = []
    const dropped: { reason: string; name: string }[] = []
    const options = {
      config: fakeGridConfig(fake, made.ca.cert, overrides),
      onMessage: (message: { toString(): string }) => messages.push(message.toString()),
      onDropped: (stanza: { reason: string; name: string }) => dropped.push(stanza),
      timing: { connect: 10_000, ...timing },
    }
    try {
      const session = await openSession(options, new AbortController().signal)
      await session.close()
      return { fake: { ...said(fake) }, session, error: undefined }
    } catch (caught) {
      const error = caught as GatewayError
      // it may not have arrived yet
      if (error.fields.answer) await until(() => `${fake.clear}${fake.secure}`.includes('</stream:'), 'the last words')
      return { fake: { ...said(fake) }, session: undefined, error }
    }
  }

  const said = ({ clear, secure, logins, servername }: FakeController) => ({ clear, secure, logins, servername })

  /** Neither the password nor anything made from it. */
  function assertSilent(fake: ReturnType<typeof said>) {
    for (const text of [fake.clear, fake.secure]) {
      assert.doesNotMatch(text, /<auth|<response/)
      assert.equal(text.includes(PASSWORD), false)
    }
    assert.equal(fake.logins, 0)
  }

  test('logs in by STARTTLS and by direct TLS, asking for the XMPP domain', async () => {
    for (const direct of [false, true]) {
      const { fake, error } = await attempt({ direct })
      assert.equal(error, undefined)
      assert.equal(fake.logins, 1)
      assert.equal(fake.servername, FAKE_DOMAIN)
      assert.doesNotMatch(fake.clear, /<auth/)
    }
  })

  const refusals: [string, Partial<FakeScript>, RegExp][] = [
    ['STARTTLS is not offered, or its offer was stripped', { starttls: 'absent' }, /offers no STARTTLS/],
    ['STARTTLS is refused', { starttls: 'refused' }, /refused STARTTLS/],
    ['something is said in the clear behind <proceed/>', { starttls: 'injected' }, /in the clear/],
  ]
  for (const [name, script, reason] of refusals) {
    test(`says nothing about the password when ${name}`, async () => {
      const { fake, error } = await attempt(script)
      assert.equal(error?.code, 'grid-tls')
      assert.match(error?.message ?? '', reason)
      assertSilent(fake)
    })
  }

  const impostors: [string, () => Promise<Pick<Certificate, 'cert' | 'key'>>, RegExp][] = [
    [
      'another name',
      async () => made.ca.issue({ cn: FAKE_DOMAIN, dns: ['other.example'] }),
      /does not name grid\.example/,
    ],
    ['its name in the subject only', async () => made.ca.issue({ cn: FAKE_DOMAIN }), /does not name grid\.example/],
    [
      'the name of the host, not of the domain',
      async () => made.ca.issue({ cn: 'x', ip: ['127.0.0.1'] }),
      /does not name/,
    ],
    [
      'an unknown CA',
      async () => (await made.pki.ca('evil')).issue({ cn: FAKE_DOMAIN, dns: [FAKE_DOMAIN] }),
      /does not come from a CA in grid\.tls\.ca/,
    ],
    [
      'a date long past',
      async () => made.ca.issue({ cn: FAKE_DOMAIN, dns: [FAKE_DOMAIN], expired: true }),
      /has expired/,
    ],
  ]
  for (const [name, make, reason] of impostors) {
    test(`says nothing about the password when the certificate has ${name}`, async () => {
      for (const direct of [false, true]) {
        const { fake, error } = await attempt({ direct, certificate: await make() })
        assert.equal(error?.code, 'grid-tls')
        assert.match(error?.message ?? '', reason)
        assertSilent(fake)
      }
    })
  }

  test('takes a certificate that names the client service of the domain by an SRV-ID, and no other service', async () => {
    const named = (srv: string) => made.ca.issue({ cn: 'x', srv: [srv] })
    for (const srv of ['_xmpp-client.grid.example', '_xmpp-client.GRID.example']) {
      assert.equal((await attempt({ certificate: await named(srv) })).error, undefined)
    }
    for (const srv of ['_xmpp-server.grid.example', '_xmpp-client.evil.example', 'grid.example']) {
      const { fake, error } = await attempt({ certificate: await named(srv) })
      assert.match(error?.message ?? '', /does not name grid\.example/, srv)
      assertSilent(fake)
    }
  })

  test('takes the pinned key and no other', async () => {
    const other = await made.ca.issue({ cn: FAKE_DOMAIN, dns: [FAKE_DOMAIN] })
    const tls = { ca: made.ca.cert, pin: made.certificate.pin, minVersion: 'TLSv1.2' as const }
    assert.equal((await attempt({}, { tls })).error, undefined)
    const { fake, error } = await attempt({ certificate: other }, { tls })
    assert.equal(error?.code, 'grid-tls')
    assert.match(error?.message ?? '', /pinned/)
    assertSilent(fake)
  })

  test('does not speak TLS 1.1', async () => {
    const { fake, error } = await attempt({ maxVersion: 'TLSv1.1' })
    assert.equal(error?.code, 'grid-tls')
    assertSilent(fake)
  })

  test('speaks TLS 1.2 with forward secrecy and authenticated encryption only', async () => {
    const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA' } as const
    const { fake, error } = await attempt(cbc)
    assert.equal(error?.code, 'grid-tls')
    assertSilent(fake)
    assert.equal((await attempt({ ...cbc, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).error, undefined)
  })

  test('shows how secure a session is', async () => {
    for (const [maxVersion, mechanisms] of [
      ['TLSv1.2', ['SCRAM-SHA-1']],
      ['TLSv1.3', ['SCRAM-SHA-256']],
    ] as const) {
      const { session } = await attempt({ maxVersion, mechanisms })
      assert.deepEqual(session?.security, { tls: maxVersion, mechanism: mechanisms[0] })
    }
  })

  const liars: [NonNullable<FakeScript['scram']>, RegExp][] = [
    ['wrong-signature', /did not prove/],
    ['no-signature', /did not prove/],
    ['foreign-nonce', /nonce/],
    ['same-nonce', /nonce/],
    ['few-iterations', /4095 iterations/],
    ['many-iterations', /2000000000 iterations/],
  ]
  for (const [scram, reason] of liars) {
    test(`does not log in to a server with SCRAM fault ${scram}`, async () => {
      const { fake, error } = await attempt({ scram })
      assert.equal(error?.code, 'grid-auth')
      assert.match(error?.message ?? '', reason)
      assert.doesNotMatch(fake.secure, /<presence|urn:ietf:params:xml:ns:xmpp-bind/)
      // the proof itself must not be given to a server whose nonce or iteration count is wrong
      if (!scram.endsWith('signature')) assert.doesNotMatch(fake.secure, /<response/)
    })
  }

  test('never sends the password where only PLAIN is offered, unless that is allowed', async () => {
    const { fake, error } = await attempt({ mechanisms: ['PLAIN', 'ANONYMOUS'] })
    assert.equal(error?.code, 'grid-auth')
    assertSilent(fake)
    const auth = { kind: 'password', readPassword: () => PASSWORD, allowPlain: true } as const
    const allowed = await attempt({ mechanisms: ['PLAIN'] }, { auth })
    assert.equal(allowed.error, undefined)
    assert.match(allowed.fake.secure, /mechanism="PLAIN"/)
    // and even then SCRAM comes first
    const both = await attempt({}, { auth })
    assert.match(both.fake.secure, /mechanism="SCRAM-SHA-256"/)
  })

  test('EXTERNAL is used where it is configured, and nothing else then', async () => {
    const own = await made.ca.issue({ cn: 'gateway', xmpp: [`gateway@${FAKE_DOMAIN}`], client: true })
    const external = {
      auth: { kind: 'external' } as const,
      tls: { ca: made.ca.cert, cert: own.cert, key: own.key, minVersion: 'TLSv1.2' as const },
    }
    const good = await attempt({ mechanisms: ['EXTERNAL', 'SCRAM-SHA-256'], clientCa: made.ca.cert }, external)
    assert.equal(good.error, undefined)
    assert.match(good.fake.secure, /mechanism="EXTERNAL"[^>]*>=</)
    const none = await attempt({ mechanisms: ['SCRAM-SHA-256', 'PLAIN'] }, external)
    assert.equal(none.error?.code, 'grid-auth')
    assertSilent(none.fake)
  })

  test('a wrong password is a refusal, a temporary failure is not', async () => {
    assert.equal((await attempt({ password: 'another' })).error?.code, 'grid-auth')
    assert.equal((await attempt({ failure: 'account-disabled' })).error?.code, 'grid-auth')
    assert.equal((await attempt({ failure: 'temporary-auth-failure' })).error?.code, 'grid-away')
  })

  test('logs in where SCRAM-SHA-512 is all there is', async () => {
    const { fake, error } = await attempt({ mechanisms: ['SCRAM-SHA-512', 'PLAIN'] })
    assert.equal(error, undefined)
    assert.match(fake.secure, /mechanism="SCRAM-SHA-512"/)
  })

  test('what the server says beside a refused login is kept, as far as it can be printed', async () => {
    const failureText = `<text xml:lang="en">disabled by\u0085 admin until 12:00 ${'x'.repeat(500)}</text>`
    const { error } = await attempt({ failure: 'account-disabled', failureText })
    assert.match(error?.message ?? '', /account-disabled \(disabled by admin until 12:00 x{100,200}\)/)
  })

  test('asks for STARTTLS also where it was stripped from the offer', async () => {
    const { fake, error } = await attempt({ starttls: 'hidden' })
    assert.equal(error, undefined)
    assert.doesNotMatch(fake.clear, /<auth/)
  })

  test('SASL 2, bind 2 and stream management are not taken up', async () => {
    const features = [
      '<authentication xmlns="urn:xmpp:sasl:2"><mechanism>PLAIN</mechanism><inline><bind xmlns="urn:xmpp:bind:0"/>',
      '<fast xmlns="urn:xmpp:fast:0"><mechanism>HT-SHA-256-NONE</mechanism></fast></inline></authentication>',
      '<sm xmlns="urn:xmpp:sm:3"/>',
    ].join('')
    const { fake, error } = await attempt({ features })
    assert.equal(error, undefined)
    assert.doesNotMatch(fake.clear + fake.secure, /urn:xmpp:(sasl:2|sm:3|bind:0|fast)/)
    assert.match(fake.secure, /mechanism="SCRAM-SHA-256"/)
  })

  for (const stallAt of ['connect', 'header', 'tls', 'auth', 'bind'] as const) {
    test(`gives up an attempt that stalls at ${stallAt}`, async () => {
      const { error } = await attempt({ stallAt }, {}, { connect: 300 })
      assert.equal(error?.code, 'grid-timeout')
    })
  }

  async function connected(script: Partial<FakeScript> = {}, timing?: Partial<SessionTiming>) {
    const fake = await startFakeController({ certificate: made.certificate, ...script })
    const messages: string[] = []
    const dropped: { reason: string; name: string; from: string }[] = []
    const session = await openSession(
      {
        config: fakeGridConfig(fake, made.ca.cert),
        onMessage: (message) => messages.push(message.toString()),
        onDropped: (stanza) => dropped.push(stanza),
        ...(timing && { timing }),
      },
      new AbortController().signal,
    )
    const dispose = async () => {
      session.destroy(new GatewayError('grid-away'))
      await fake[Symbol.asyncDispose]()
    }
    return { fake, session, messages, dropped, [Symbol.asyncDispose]: dispose }
  }

  test('characters cut between two chunks stay whole', async () => {
    await using link = await connected({ chunk: 7 })
    const text = '日本語のインシデント報告 𠮷野家 €'.repeat(20)
    await link.fake.send(event('incident', `<item id="1"><a xmlns="urn:x">${text}</a></item>`))
    await until(() => link.messages.length === 1, 'the message')
    assert.equal(link.messages[0]?.includes('\ufffd'), false)
  })

  test('a line that died without a word is noticed', async () => {
    await using link = await connected({}, { pingInterval: 100, pingTimeout: 300 })
    link.fake.freeze()
    const reason = await link.session.closed
    assert.equal(reason.code, 'grid-away')
    assert.match(reason.message, /ping/)
  })

  test('a Controller that answers pings is left alone', async () => {
    await using link = await connected({}, { pingInterval: 20, pingTimeout: 2_000 })
    await until(() => (link.fake.secure.match(/urn:xmpp:ping/g) ?? []).length > 5, 'several pings')
    const open = await Promise.race([link.session.closed, Promise.resolve('open')])
    assert.equal(open, 'open')
  })

  test('an answer counts only when it comes from whom was asked', async () => {
    await using link = await connected({
      onIq: (iq) =>
        iq.xml.includes('urn:q') ? answer(iq, '<forged/>', 'eve@evil.example/x') + answer(iq, '<good/>') : undefined,
    })
    const result = await link.session.request({ to: 'pubsub.grid.example', type: 'get', payload: '<q xmlns="urn:q"/>' })
    assert.equal(result.kind, 'result')
    assert.match(String(result.kind === 'result' && result.stanza), /good/)
  })

  test('a question nobody answers ends in time, and at once when the line breaks', async () => {
    await using link = await connected({ onIq: (iq) => (iq.xml.includes('urn:q') ? '' : undefined) })
    const ask = (timeoutMs: number) =>
      link.session.request({ to: 'pubsub.grid.example', type: 'get', payload: '<q xmlns="urn:q"/>', timeoutMs })
    assert.deepEqual(await ask(50), { kind: 'timeout' })
    const pending = ask(60_000)
    link.fake.drop()
    assert.deepEqual(await pending, { kind: 'away' })
    assert.deepEqual(await ask(60_000), { kind: 'away' })
  })

  const poison: [string, string][] = [
    ['too long', event('incident', `<item id="1"><a xmlns="urn:x">${'x'.repeat(1_300_000)}</a></item>`)],
    ['too deep', event('incident', `<item id="1">${'<a>'.repeat(400)}${'</a>'.repeat(400)}</item>`)],
    ['of too many elements', event('incident', `<item id="1"><a>${'<b/>'.repeat(60_000)}</a></item>`)],
    ['with one endless tag', event('incident', `<item id="1"><a b="${'x'.repeat(1_300_000)}"/></item>`)],
    ['with a comment', event('incident', '<item id="1"><!-- > --><a/></item>')],
    ['with tags that do not match', event('incident', '<item id="1"><a></b></item>')],
    ['with an undeclared prefix', '<message from="a@b"><x:y/></message>'],
    ['with an unknown entity', '<message from="a@b"><y>&evil;</y></message>'],
  ]
  for (const [name, stanza] of poison) {
    test(`a stanza ${name} is skipped and the line stays`, async () => {
      await using link = await connected()
      await link.fake.send(stanza + event('incident', '<item id="2"><a xmlns="urn:x"/></item>'))
      await until(() => link.messages.length > 0, 'the stanza behind it')
      assert.match(link.messages[0] ?? '', /id="2"/)
      assert.equal(link.messages.length, 1)
      assert.equal(link.dropped.length, 1)
      assert.equal(link.dropped[0]?.name, 'message')
    })
  }

  test('an answer over the limits is an answer: too long', async () => {
    await using link = await connected({
      onIq: (iq) => (iq.xml.includes('urn:q') ? answer(iq, `<a>${'x'.repeat(1_300_000)}</a>`) : undefined),
    })
    const ask = (size?: number) =>
      link.session.request({
        to: 'pubsub.grid.example',
        type: 'get',
        payload: '<q xmlns="urn:q"/>',
        ...(size && { size }),
      })
    assert.deepEqual(await ask(), { kind: 'oversized' })
    assert.equal((await ask(2_000_000)).kind, 'result')
  })

  test('garbage, a DTD and a stream error end the session, not the process', async () => {
    for (const text of [
      '<!DOCTYPE x>',
      'text',
      '</stream:stream>',
      '<stream:error><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>',
      '\u0000<',
    ]) {
      await using link = await connected()
      await link.fake.send(text)
      const reason = await link.session.closed
      assert.equal(reason.code, text.includes('conflict') ? 'grid-conflict' : 'grid-away', text)
    }
  })

  const STREAMS = 'urn:ietf:params:xml:ns:xmpp-streams'
  for (const [what, said, answer] of [
    ['the end of the stream', '</stream:stream>', /<\/stream:stream>$/],
    ['a stream error', `<stream:error><reset xmlns="${STREAMS}"/></stream:error>`, /<\/stream:stream>$/],
    ['a DTD', '<!DOCTYPE x>', /<stream:error><restricted-xml xmlns="[^"]*"\/><\/stream:error><\/stream:stream>$/],
    ['text between stanzas', 'text', /<stream:error><bad-format xmlns="[^"]*"\/><\/stream:error><\/stream:stream>$/],
  ] as const) {
    test(`the line is not cut without a word behind ${what}`, async () => {
      await using link = await connected()
      await link.fake.send(said)
      await link.session.closed
      await until(() => answer.test(link.fake.secure), 'the last words')
    })
  }

  test('our own end waits for that of the Controller, and what comes before it counts', async () => {
    await using link = await connected({ farewell: `${event('incident', '<item id="late"/>')}</stream:stream>` })
    await link.session.close()
    assert.match(link.messages.at(-1) ?? '', /late/)
    assert.match(link.fake.secure, /<\/stream:stream>$/)
    assert.equal(link.fake.secure.split('</stream:stream>').length, 2)
  })

  test('nothing is said behind our own closing tag, whatever is asked', async () => {
    const ask = '<iq type="get" id="late" from="grid.example"><ping xmlns="urn:xmpp:ping"/></iq>'
    // in small pieces, so that there is time for an answer
    const farewell = `${ask}${ask.replace('urn:xmpp:ping', 'urn:x')}</stream:stream>`
    await using link = await connected({ farewell, chunk: 5 })
    await link.session.close()
    assert.match(link.fake.secure, /<\/stream:stream>$/)
  })

  test('our own end does not wait for ever', async () => {
    await using link = await connected({ farewell: '' })
    const begun = performance.now()
    await link.session.close()
    assert.ok(performance.now() - begun < 15_000)
  })

  test('tells whose account it is inside TLS only, and its language', async () => {
    const { fake, error } = await attempt({})
    assert.equal(error, undefined)
    assert.doesNotMatch(fake.clear, / from=|gateway@/)
    const headers = fake.secure.match(/<stream:stream[^>]*>/g) ?? []
    assert.equal(headers.length, 2)
    for (const header of headers) {
      assert.match(header, / from="gateway@grid\.example"/)
      assert.match(header, / xml:lang="en"/)
    }
  })

  test('a stream header that speaks for another domain ends the attempt before the login', async () => {
    for (const direct of [false, true]) {
      const { fake, error } = await attempt({ direct, header: { from: 'evil.example' } })
      assert.equal(error?.code, 'grid-tls')
      assert.match(error?.message ?? '', /speaks for evil\.example, not for grid\.example/)
      assertSilent(fake)
    }
  })

  test('a stream header without `from`, or in other letters, is taken', async () => {
    for (const from of [undefined, 'Grid.Example']) assert.equal((await attempt({ header: { from } })).error, undefined)
  })

  for (const [what, header, condition] of [
    ['without version', { version: undefined }, 'unsupported-version'],
    ['of version 2', { version: '2.0' }, 'unsupported-version'],
    ['of another namespace', { xmlns: 'urn:x' }, 'invalid-namespace'],
  ] as const) {
    test(`a stream header ${what} is not waited behind, and told`, async () => {
      const { fake, error } = await attempt({ header })
      assert.equal(error?.code, 'grid-away')
      assert.match(error?.message ?? '', /does not speak XMPP/)
      assert.match(fake.clear, new RegExp(`<stream:error><${condition} .*</stream:stream>$`))
    })
  }

  test('a feature that must be negotiated and is unknown ends the stream, by its name', async () => {
    const demand = '<tea xmlns="urn:x:tea"><required/></tea>'
    const { fake, error } = await attempt({ boundFeatures: demand })
    assert.match(error?.message ?? '', /demands a feature that the gateway does not have: tea of urn:x:tea/)
    assert.match(fake.secure, /<unsupported-feature .*<\/stream:stream>$/)
    const optional = await attempt({ boundFeatures: '<tea xmlns="urn:x:tea"><optional/></tea>' })
    assert.equal(optional.error, undefined)
  })

  test('what the server says beside a stream error is kept, as far as it can be printed', async () => {
    await using link = await connected()
    const text = `<text xmlns="${STREAMS}">closed\u0085 for \u202erepair ${'x'.repeat(500)}</text>`
    await link.fake.send(`<stream:error><system-shutdown xmlns="${STREAMS}"/>${text}</stream:error>`)
    const { message } = await link.session.closed
    assert.match(message, /^The Controller ended the stream: system-shutdown \(closed for repair x{100,200}\)\.$/)
  })

  const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
  for (const [what, error, reason] of [
    [
      'is unsupported',
      `<feature-not-implemented xmlns="${STANZAS}"/><unsupported xmlns="urn:e" feature="publish-options"/>`,
      'feature-not-implemented (unsupported publish-options)',
    ],
    ['has gone', `<gone xmlns="${STANZAS}">xmpp:b@x\n</gone>`, 'gone (it is at xmpp:b@x)'],
    ['is elsewhere', `<redirect xmlns="${STANZAS}">xmpp:c@x</redirect>`, 'redirect (it is at xmpp:c@x)'],
    [
      'is forbidden, in its own words',
      `<forbidden xmlns="${STANZAS}"/><text xmlns="${STANZAS}">ask\u0009\u202ethe owner</text>`,
      'forbidden: ask the owner',
    ],
  ] as const) {
    test(`an error that says what ${what} is told with it`, async () => {
      const onIq = (iq: FakeIq) =>
        iq.xml.includes('urn:q')
          ? `<iq type="error" id="${iq.id}" from="${iq.to}"><error type="cancel">${error}</error></iq>`
          : undefined
      await using link = await connected({ onIq })
      const result = await link.session.request({ to: 'a.example', type: 'get', payload: '<q xmlns="urn:q"/>' })
      assert.equal(result.kind === 'error' && errorText(result.error), reason)
    })
  }

  test('questions are answered: a ping with a result, anything else with an error, a bad address with nothing', async () => {
    await using link = await connected()
    await link.fake.send('<iq type="get" id="x0" from="a@@b"><ping xmlns="urn:xmpp:ping"/></iq>')
    await link.fake.send('<iq type="get" id="x1" from="grid.example"><ping xmlns="urn:xmpp:ping"/></iq>')
    await link.fake.send('<iq type="set" id="x2" from="eve@evil.example/x"><query xmlns="jabber:iq:roster"/></iq>')
    await until(() => link.fake.secure.includes('"x2"') && link.fake.secure.includes('"x1"'), 'the answers')
    assert.match(link.fake.secure, /<iq[^>]*id="x1"[^>]*type="result"|<iq[^>]*type="result"[^>]*id="x1"/)
    assert.match(link.fake.secure, /service-unavailable/)
  })
})

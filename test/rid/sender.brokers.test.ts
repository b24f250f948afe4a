import assert from 'node:assert/strict'
import { constants } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import type { Server } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { GatewayError } from '../../src/errors.ts'
import type { SendOutcome } from '../../src/outcome.ts'
import { basicHeader } from '../../src/rid/basic-header.ts'
import type { OutgoingMessage, Reply } from '../../src/rid/contract.ts'
import { createRidSender, type RidSenderOptions } from '../../src/rid/sender.ts'
import type { Certificate } from '../support/pki.ts'
import { acknowledgement, type RidPeer, type Script, startRidPeer } from '../support/rid-peer.ts'
import { csirtA, memoryLog, pki, root, server } from './setup.ts'

after(() => pki.dispose())

const REPORT =
  '<?xml version="1.0"?><rid:RID xmlns:rid="urn:ietf:params:xml:ns:iodef-rid-2.0"><rid:RIDPolicy MsgType="Report"/></rid:RID>'
const MESSAGE: OutgoingMessage = { write: () => REPORT, msgType: 'Report' }
const QUERY: OutgoingMessage = { write: () => REPORT.replace('Report', 'Query'), msgType: 'Query' }

/** Stands in for the hardened reader. */
async function readReply(body: Uint8Array): Promise<Reply> {
  const text = Buffer.from(body).toString('utf8')
  if (text.includes('busy')) throw new GatewayError('intake-busy')
  if (text.includes('explode')) throw new Error('worker died')
  const msgType = /MsgType="(\w+)"/.exec(text)?.[1]
  if (msgType === undefined) return { kind: 'improper', reason: 'not RID' }
  if (!msgType.startsWith('Acknowledg')) return { kind: 'message', msgType, text }
  const status = /AuthorizationStatus="([\w-]+)"/.exec(text)?.[1] ?? 'unknown'
  const justification = /Justification="(\w+)"/.exec(text)?.[1]
  const why = justification === undefined ? {} : { justification }
  return { kind: 'acknowledgement', status: status as 'Approved', ...why }
}

interface Rig extends AsyncDisposable {
  readonly peer: RidPeer
  readonly lines: Record<string, unknown>[]
  readonly reload: () => void
  send(message?: OutgoingMessage, signal?: AbortSignal): Promise<SendOutcome>
}

async function rig(
  options: {
    scripts?: Script[]
    cert?: Certificate
    identity?: PeerConfig['identity']
    url?: (port: number) => string
    replies?: 'lenient'
    basic?: PeerConfig['basic']
    sender?: Partial<RidSenderOptions>
    peer?: Partial<Parameters<typeof startRidPeer>[0]>
  } = {},
): Promise<Rig> {
  const cert = options.cert ?? server
  const peer = await startRidPeer({ cert: cert.cert, key: cert.key, ca: root.cert, ...options.peer })
  if (options.scripts) peer.script(...options.scripts)
  const { tell, lines } = memoryLog()
  const url = options.url?.(peer.port) ?? peer.url
  const lenient = options.replies === undefined ? {} : { replies: options.replies }
  const own = { ...lenient, ...(options.basic && { basic: options.basic }) }
  const sender = createRidSender({
    receiver: { name: 'csirt-b', url, identity: options.identity ?? { dns: 'csirt-b.example' }, ...own },
    tls: { cert: csirtA.cert, key: csirtA.key, ca: root.cert },
    readReply,
    tell,
    ...options.sender,
  })
  return {
    peer,
    lines,
    reload: () => sender.reload(),
    send: (message = MESSAGE, signal = new AbortController().signal) => sender.send(message, signal),
    async [Symbol.asyncDispose]() {
      await sender[Symbol.asyncDispose]()
      await peer[Symbol.asyncDispose]()
    },
  }
}

const answer = (status: number, body = '', headers: Record<string, string> = {}): Script => ({
  does: 'answer',
  status,
  headers,
  body,
})

test('a message goes out as POST / in text/xml with our certificate', async () => {
  await using r = await rig()
  assert.deepEqual(await r.send(), { kind: 'delivered', status: 200 })
  const [request] = r.peer.requests
  assert.equal(request?.method, 'POST')
  assert.equal(request?.url, '/')
  assert.equal(request?.headers['content-type'], 'text/xml')
  assert.equal(request?.headers['content-length'], String(Buffer.byteLength(REPORT)))
  assert.equal(request?.body, REPORT)
  assert.equal(request?.client, csirtA.fingerprint256)
})

test('what a peer asks for besides our certificate goes with each message, the password of now, and into no log', async () => {
  let password = 'first secret'
  const basic = { user: 'gateway', readPassword: () => password }
  await using r = await rig({ basic })
  assert.deepEqual(await r.send(), { kind: 'delivered', status: 200 })
  password = 'second secret'
  r.peer.script(answer(401))
  assert.equal((await r.send()).kind, 'hold')
  const shown = r.peer.requests.map(({ headers }) => headers.authorization)
  assert.deepEqual(shown, [basicHeader('gateway', 'first secret'), basicHeader('gateway', 'second secret')])
  assert.doesNotMatch(JSON.stringify(r.lines), /secret|Basic|c2Vjc/)
})

test("a password is sent to nobody whose certificate is not the receiver's, and one that cannot be read is said", async () => {
  const readPassword = () => {
    throw new GatewayError('config-invalid', 'peers[0].basic.password: no such file or directory')
  }
  const other = await root.issue({ cn: 'other', dns: ['other.example'] })
  await using stranger = await rig({ cert: other, basic: { user: 'gateway', readPassword: () => 'secret' } })
  assert.equal((await stranger.send()).kind, 'retry')
  assert.equal(stranger.peer.requests.length, 0)
  await using r = await rig({ basic: { user: 'gateway', readPassword } })
  assert.deepEqual(await r.send(), {
    kind: 'retry',
    reason: 'Nothing could be sent: peers[0].basic.password: no such file or directory',
    destinationDown: true,
  })
  assert.equal(r.peer.requests.length, 0)
})

test('messages one after another share connections', async () => {
  await using r = await rig()
  for (let i = 0; i < 20; i += 1) await r.send()
  assert.equal(r.peer.requests.length, 20)
  // the pool opens a second one when the first is not yet marked free
  assert.ok(r.peer.connections() <= 2, `${r.peer.connections()} connections`)
})

const improper = (status: number, why: string): SendOutcome & { readonly kind: 'delivered' } => ({
  kind: 'delivered',
  status,
  note: { code: 'improper-reply', text: `improper reply: ${why}` },
})
const held = (reason: string): SendOutcome => ({ kind: 'hold', reason })
test('a message names the receiver, at the address that it goes to', async () => {
  const told: unknown[] = []
  const message: OutgoingMessage = {
    write(to) {
      told.push(to)
      return REPORT
    },
    msgType: 'Report',
  }
  // localhost is ::1 first, where nobody listens
  await using r = await rig({ sender: { limits: { connect: 2_000 } } })
  for (let i = 0; i < 2; i += 1) assert.equal((await r.send(message)).kind, 'delivered')
  assert.deepEqual(told.at(-1), { name: 'csirt-b.example', address: '127.0.0.1' })
  await using byAddress = await rig({
    url: (port) => `https://127.0.0.1:${port}/`,
    cert: await root.issue({ cn: 'x', ip: ['127.0.0.1'] }),
    identity: {},
  })
  await byAddress.send(message)
  assert.deepEqual(told.at(-1), { name: undefined, address: '127.0.0.1' })
  await using byName = await rig({ identity: {} })
  await byName.send(message)
  assert.deepEqual(told.at(-1), { name: 'localhost', address: '127.0.0.1' })
})

test('a name that does not resolve is a peer that cannot be reached', async () => {
  await using r = await rig({ url: () => 'https://nowhere.invalid:4590/' })
  assertDown(await r.send(), /cannot be reached: (?:its name is not known to|DNS does not answer)/)
})

const problemXml = '<problem xmlns="urn:ietf:rfc:7807"><title>Not valid</title><detail>line 3\u0007</detail></problem>'
const table: [string, Script, SendOutcome][] = [
  ['Approved', answer(200, acknowledgement('Approved')), { kind: 'delivered', status: 200 }],
  [
    'Pending',
    answer(200, acknowledgement('Pending', 'SystemResource')),
    { kind: 'delivered', status: 200, note: { code: 'acknowledged', text: 'acknowledged as Pending: SystemResource' } },
  ],
  [
    "RSA's misspelt Acknowledgment",
    answer(200, acknowledgement('Pending', undefined, 'Acknowledgment')),
    { kind: 'delivered', status: 200, note: { code: 'acknowledged', text: 'acknowledged as Pending' } },
  ],
  [
    'Denied',
    answer(200, acknowledgement('Denied', 'UnrecognizedFormat')),
    { kind: 'hold', reason: 'The peer denied it: UnrecognizedFormat' },
  ],
  ['an empty 200', answer(200), { kind: 'delivered', status: 200, note: { code: 'empty-reply', text: 'empty reply' } }],
  ['an empty 204', answer(204), { kind: 'delivered', status: 204, note: { code: 'empty-reply', text: 'empty reply' } }],
  [
    '202 to a Report',
    answer(202, '', { 'rid-callback-token': 'abc' }),
    improper(202, '202 Accepted, which may not answer a Report'),
  ],
  ['202 with Approved', answer(202, acknowledgement('Approved')), improper(202, '202 Accepted with a body')],
  [
    '202 with Denied',
    answer(202, acknowledgement('Denied', 'Other')),
    { kind: 'hold', reason: 'The peer denied it: Other' },
  ],
  [
    'a reply that is not RID is no proof',
    answer(200, '<html>welcome</html>'),
    { kind: 'hold', reason: 'The peer answered HTTP 200 with no RID message (not RID): "<html>welcome</html>"' },
  ],
  [
    'a reply that breaks the reader',
    answer(200, 'explode'),
    { kind: 'hold', reason: 'The peer answered HTTP 200 with no RID message (not readable): "explode"' },
  ],
  [
    'a Report to a Report',
    answer(200, REPORT),
    {
      kind: 'delivered',
      status: 200,
      note: { code: 'improper-reply', text: 'improper reply: a Report may not answer a Report' },
    },
  ],
  [
    'a body of white space is none',
    answer(200, ' \r\n'),
    { kind: 'delivered', status: 200, note: { code: 'empty-reply', text: 'empty reply' } },
  ],
  [
    '202 with a page of a firewall',
    answer(202, '<html>blocked</html>'),
    { kind: 'hold', reason: 'The peer answered HTTP 202 with no RID message (not RID): "<html>blocked</html>"' },
  ],
  ['400', answer(400, 'no'), { kind: 'hold', reason: 'The peer answered HTTP 400' }],
  [
    '400 with problem details',
    answer(400, problemXml, { 'content-type': 'application/problem+xml' }),
    { kind: 'hold', reason: 'The peer answered HTTP 400: Not valid: line 3' },
  ],
  ['403', answer(403), { kind: 'hold', reason: 'The peer answered HTTP 403' }],
  ['413', answer(413), { kind: 'hold', reason: 'The peer answered HTTP 413' }],
  ['408', answer(408), { kind: 'retry', reason: 'The peer answered HTTP 408', destinationDown: false }],
  [
    '429 with Retry-After',
    answer(429, '', { 'retry-after': '7' }),
    { kind: 'retry', reason: 'The peer answered HTTP 429', retryAfter: 7000, destinationDown: true },
  ],
  ['500', answer(500), { kind: 'retry', reason: 'The peer answered HTTP 500', destinationDown: false }],
  [
    '503 with Retry-After',
    answer(503, '', { 'retry-after': '120' }),
    { kind: 'retry', reason: 'The peer answered HTTP 503', retryAfter: 120_000, destinationDown: true },
  ],
  ['504', answer(504), { kind: 'retry', reason: 'The peer answered HTTP 504', destinationDown: true }],
]
for (const [name, script, expected] of table) {
  test(`outcome: ${name}`, async () => {
    await using r = await rig({ scripts: [script] })
    assert.deepEqual(await r.send(), expected)
    assert.equal(r.peer.requests.length, 1)
  })
}

test('a peer whose replies are lenient has whatever it answers 2xx, but for Denied', async () => {
  await using r = await rig({
    scripts: [answer(200, 'OK'), answer(200, acknowledgement('Denied')), answer(403, 'no')],
    replies: 'lenient',
  })
  const note = { code: 'improper-reply', text: 'improper reply: not RID' }
  assert.deepEqual(await r.send(), { kind: 'delivered', status: 200, note })
  assert.deepEqual(await r.send(), { kind: 'hold', reason: 'The peer denied it' })
  assert.deepEqual(await r.send(), { kind: 'hold', reason: 'The peer answered HTTP 403' })
  assert.equal(r.lines.filter((l) => l.msg === 'RID peer sent an improper reply').length, 1)
})

test('the charset of a reply is for whoever reads it', async () => {
  const charsets: (string | undefined)[] = []
  await using r = await rig({
    scripts: [answer(200, REPORT, { 'content-type': 'text/xml; charset=ISO-8859-1' }), answer(200, REPORT)],
    sender: {
      readReply: async (body, charset) => {
        charsets.push(charset)
        return readReply(body)
      },
    },
  })
  await r.send()
  await r.send()
  assert.deepEqual(charsets, ['iso-8859-1', undefined])
})

const RESULT = REPORT.replace('Report', 'Result')
const questions: [string, Script, SendOutcome & { readonly kind: 'delivered' }][] = [
  [
    '202 with a token',
    answer(202, '', { 'rid-callback-token': 'abc' }),
    { kind: 'delivered', status: 202, note: { code: 'promised', text: '202 Accepted, callback announced' } },
  ],
  ['202 without a token', answer(202), improper(202, '202 Accepted without RID-Callback-Token')],
  [
    '202 with a token that is none',
    answer(202, '', { 'rid-callback-token': 'a b' }),
    improper(202, '202 Accepted with a RID-Callback-Token that is none'),
  ],
  ['an empty 200', answer(200), improper(200, 'empty reply, which may not answer a Query')],
  [
    'a Result',
    answer(200, RESULT),
    { ...improper(200, 'a Result may not answer a Query'), answer: { msgType: 'Result', text: RESULT } },
  ],
]
for (const [name, script, expected] of questions) {
  test(`outcome of a Query: ${name}`, async () => {
    await using r = await rig({ scripts: [script] })
    assert.deepEqual(await r.send(QUERY), expected)
    const told = r.lines.some(({ event }) => event === 'improper-reply')
    assert.equal(told, expected.note?.code === 'improper-reply')
  })
}

test('an Acknowledgement of a Result is noticed: Table 1 has none', async () => {
  await using r = await rig({ scripts: [answer(200, acknowledgement('Approved'))] })
  const outcome = await r.send({ ...MESSAGE, msgType: 'Result' })
  assert.deepEqual(outcome, improper(200, 'an Acknowledgement may not answer a Result'))
})

const ANSWERED: SendOutcome = {
  kind: 'delivered',
  status: 200,
  note: { code: 'answered', text: 'answered with a Report' },
  answer: { msgType: 'Report', text: REPORT },
}

test('a Report that answers a Query is handed on, not only its type', async () => {
  await using r = await rig({ scripts: [answer(200, REPORT)] })
  assert.deepEqual(await r.send(QUERY), ANSWERED)
})

test('what type a message has is the word of whoever sends it, not of its text', async () => {
  await using r = await rig({ scripts: [answer(200, REPORT), answer(200, REPORT)] })
  const misleading = { ...QUERY, write: () => `<!-- MsgType="Report" -->${REPORT}` }
  assert.deepEqual(await r.send(misleading), ANSWERED)
  assert.deepEqual(await r.send({ write: () => '<nonsense/>', msgType: undefined }), ANSWERED)
})

for (const status of [301, 302, 307, 308]) {
  test(`${status} is not followed: held`, async () => {
    await using elsewhere = await startRidPeer({ cert: server.cert, key: server.key, ca: root.cert })
    await using r = await rig({ scripts: [answer(status, '', { location: elsewhere.url })] })
    assert.deepEqual(await r.send(), { kind: 'hold', reason: `The peer answered HTTP ${status}` })
    assert.equal(elsewhere.requests.length, 0)
    assert.ok(!JSON.stringify(r.lines).includes(String(elsewhere.port)))
  })
}

test('an improper reply is logged with a bounded, printable beginning', async () => {
  await using r = await rig({ scripts: [answer(200, `\u001b[31m${'a'.repeat(5000)}`)] })
  await r.send()
  const line = r.lines.find((l) => l.msg === 'RID peer sent an improper reply')
  assert.equal(line?.level, 'error')
  assert.equal(line?.beginning, `[31m${'a'.repeat(76)}`)
  assert.equal(line?.bytes, 5005)
})

function assertDown(result: SendOutcome, reason: RegExp): void {
  assert.equal(result.kind, 'retry', JSON.stringify(result))
  assert.ok(result.kind === 'retry' && result.destinationDown)
  assert.match(result.kind === 'retry' ? result.reason : '', reason)
}

test('a peer that says nothing is given up at the deadline', async () => {
  await using r = await rig({ scripts: [{ does: 'hang' }], sender: { limits: { whole: 200 } } })
  assertDown(await r.send(), /no answer within 0\.2 s/)
})

test('a reply that dribbles is given up at the deadline', async () => {
  await using r = await rig({ scripts: [{ does: 'endless', bytes: 1, every: 20 }], sender: { limits: { whole: 300 } } })
  assertDown(await r.send(), /no answer within/)
})

test('an endless reply is read to the limit only', async () => {
  await using r = await rig({
    scripts: [{ does: 'endless', bytes: 10_000, every: 1 }],
    sender: { limits: { maxReply: 50_000 } },
  })
  const reason = 'The peer answered HTTP 200 with no RID message (longer than the limit)'
  assert.deepEqual(await r.send(), { kind: 'hold', reason })
})

test('the answer to a Report is small, that to a Query may hold a document', async () => {
  const text = REPORT.replace('?>', `?><!--${'x'.repeat(100_000)}-->`)
  await using r = await rig({ scripts: [answer(200, text)] })
  assert.match(JSON.stringify(await r.send()), /longer than the limit/)
  assert.deepEqual(await r.send(QUERY), { ...ANSWERED, answer: { msgType: 'Report', text } })
})

test('interim responses without an end are read to a limit only', async () => {
  const bytes = `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n`.repeat(40_000)
  await using r = await rig({ scripts: [{ does: 'garbage', bytes }], sender: { limits: { maxReply: 50_000 } } })
  assertDown(await r.send(), /its answer is longer than the limit/)
})

test('the extension of a chunk is read to a limit only', async () => {
  const bytes = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(1_000_000)}\r\na\r\n0\r\n\r\n`
  await using r = await rig({ scripts: [{ does: 'garbage', bytes }], sender: { limits: { maxReply: 50_000 } } })
  assert.match(JSON.stringify(await r.send()), /longer than the limit/)
})

test('a kept connection takes one long answer after the other', async () => {
  const text = REPORT.replace('?>', `?><!--${'x'.repeat(40_000)}-->`)
  await using r = await rig({ scripts: [answer(200, text)], sender: { limits: { maxReply: 50_000 } } })
  for (let n = 0; n < 20; n += 1) assert.equal((await r.send(QUERY)).kind, 'delivered')
  assert.ok(r.peer.connections() < 4)
})

test('a reply in chunks of one byte is given up on', async () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n'
  const script: Script = { does: 'garbage', bytes: `${head}${'1\r\nx\r\n'.repeat(200_000)}0\r\n\r\n` }
  await using r = await rig({ scripts: [script] })
  for (const message of [MESSAGE, QUERY]) {
    const outcome = await r.send(message)
    assert.deepEqual(outcome, held('The peer answered HTTP 200 with no RID message (in very many tiny pieces)'))
  }
})

test('a kept connection to a peer does not outlive the CRL', async () => {
  let now = Date.now()
  const tls = { cert: csirtA.cert, key: csirtA.key, ca: root.cert, crl: await root.crl([], { seconds: 60 }) }
  await using r = await rig({ sender: { tls, now: () => now } })
  for (let i = 0; i < 3; i += 1) await r.send()
  const before = r.peer.connections()
  now += 61_000
  await r.send()
  assert.equal(r.peer.connections(), before + 1, 'the next one has a handshake')
})

test('a peer that closes each connection is met with its TLS session again, but not past the revocation list or an hour', async () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [seconds, last] of [
      [60, 61_000],
      [86_400, 3_600_000],
    ] as const) {
      let time = Date.now()
      const tls = { cert: csirtA.cert, key: csirtA.key, ca: root.cert, crl: await root.crl([], { seconds }) }
      const goodbye = answer(200, acknowledgement('Approved'), { connection: 'close' })
      await using r = await rig({
        scripts: [goodbye],
        peer: { tls: { maxVersion } },
        sender: { tls, now: () => time },
      })
      for (let i = 0; i < 4; i += 1) assert.equal((await r.send()).kind, 'delivered')
      assert.deepEqual([r.peer.connections(), r.peer.resumed()], [4, 3], maxVersion)
      time += last
      assert.equal((await r.send()).kind, 'delivered')
      assert.deepEqual([r.peer.connections(), r.peer.resumed()], [5, 3], maxVersion)
    }
  }
})

test('a peer that ends whoever goes on with a TLS session is sent to all the same, by a whole handshake', async () => {
  let ended = 0
  const known = new Set<string>()
  const withSessions = (server: Server) => {
    server.on('newSession', (id: Buffer, _data: Buffer, done: () => void) => {
      known.add(id.toString('hex'))
      done()
    })
    server.on('resumeSession', (id: Buffer, done: (error: Error | null, session: null) => void) => {
      // of one that has none to go on with the id is of no session (RFC 8446 appendix D.4)
      const isOurs = known.has(id.toString('hex'))
      if (isOurs) ended += 1
      done(isOurs ? new Error('not this one') : null, null)
    })
  }
  await using r = await rig({
    scripts: [answer(200, acknowledgement('Approved'), { connection: 'close' })],
    peer: { tls: { maxVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET }, withServer: withSessions },
  })
  for (let i = 0; i < 3; i += 1) assert.equal((await r.send()).kind, 'delivered')
  assert.equal(ended, 2)
})

test('no session of a stranger is kept: he is one at each connection', async () => {
  const cert = await root.issue({ cn: 'x', dns: ['other.example'] })
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    await using r = await rig({ cert, peer: { tls: { maxVersion } } })
    for (let i = 0; i < 3; i += 1) assertDown(await r.send(), /^TLS handshake with the peer failed: its certificate /)
    assert.deepEqual([r.peer.requests.length, r.peer.resumed()], [0, 0], maxVersion)
  }
})

test('with a fingerprint configured, another certificate of the same name gets nothing', async () => {
  const cert = await root.issue({ cn: 'x', dns: ['localhost', 'csirt-b.example'] })
  for (const dns of [undefined, 'csirt-b.example']) {
    const identity = { fingerprint: csirtA.fingerprint256, ...(dns !== undefined && { dns }) }
    await using r = await rig({ cert, identity })
    assertDown(await r.send(), /^TLS handshake with the peer failed: its certificate /)
    assert.equal(r.peer.requests.length, 0)
  }
})

for (const when of ['at-once', 'mid-way'] as const) {
  test(`a connection closed ${when} is tried once more, then later`, async () => {
    await using r = await rig({ scripts: [{ does: 'close', when }] })
    assertDown(
      await r.send(),
      /closed the connection before it answered, as one does that does not take our certificate$/,
    )
    assert.equal(r.peer.requests.length, 2)
  })
}

test('an idle connection the peer has closed costs nothing', async () => {
  await using r = await rig({
    scripts: [answer(200), { does: 'close', when: 'at-once' }, answer(200)],
  })
  assert.equal((await r.send()).kind, 'delivered')
  assert.equal((await r.send()).kind, 'delivered')
})

test('what is not HTTP is a network failure', async () => {
  await using r = await rig({ scripts: [{ does: 'garbage', bytes: 'SSH-2.0-OpenSSH\r\n' }] })
  assertDown(await r.send(), /no proper HTTP/)
})

test('an HTTP response without end of headers is bounded', async () => {
  const garbage = `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(10_000)}`
  await using r = await rig({ scripts: [{ does: 'garbage', bytes: garbage }] })
  assertDown(await r.send(), /longer than the limit|closed the connection/)
})

test('nobody listens: the peer is down', async () => {
  await using r = await rig({ url: () => 'https://localhost:1/' })
  assertDown(await r.send(), /nothing listens there/)
})

/** Takes TCP connections, and says nothing. */
async function startMute() {
  const taken = Promise.withResolvers<Socket>()
  const mute = createServer((socket) => taken.resolve(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => mute.once('listening', resolve))
  const address = mute.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `https://localhost:${port}/`,
    taken: taken.promise,
    async [Symbol.asyncDispose]() {
      mute.close()
      const socket = await taken.promise
      socket.destroy()
    },
  }
}

test('a peer that accepts TCP but no TLS is given up at the connect deadline', async () => {
  await using mute = await startMute()
  await using r = await rig({ url: () => mute.url, sender: { limits: { connect: 200 } } })
  assertDown(await r.send(), /does not answer to a connection/)
})

test('a shut down before there is a connection ends the send at once', async () => {
  await using mute = await startMute()
  await using r = await rig({ url: () => mute.url, sender: { limits: { connect: 25_000, whole: 29_000 } } })
  const stop = new AbortController()
  const sending = r.send(MESSAGE, stop.signal)
  await mute.taken
  const aborted = performance.now()
  stop.abort()
  assert.deepEqual(await sending, { kind: 'retry', reason: 'The gateway stopped sending', destinationDown: false })
  assert.ok(performance.now() - aborted < 15_000)
})

test('a shut down while sending is a retry that blames nobody', async () => {
  await using r = await rig({ scripts: [{ does: 'hang' }] })
  const stop = new AbortController()
  const sending = r.send(MESSAGE, stop.signal)
  setTimeout(() => stop.abort(), 50)
  assert.deepEqual(await sending, { kind: 'retry', reason: 'The gateway stopped sending', destinationDown: false })
  assert.equal((await r.send(MESSAGE, stop.signal)).kind, 'retry')
})

const other = await pki.ca('other')

test('our own certificate for servers alone is told as what keeps the peer from taking it', async () => {
  const { cert, key } = await root.issue({ cn: 'csirt-a.example', dns: ['csirt-a.example'], server: true })
  await using r = await rig({ sender: { tls: { cert, key, ca: root.cert } } })
  assertDown(
    await r.send(),
    /^TLS handshake with the peer failed: our certificate is not for clients, .* lacks clientAuth/,
  )
})

test('a server certificate of another CA is refused', async () => {
  const cert = await other.issue({ cn: 'x', dns: ['localhost'] })
  await using r = await rig({ cert })
  assertDown(
    await r.send(),
    /^TLS handshake with the peer failed: its certificate does not come from a CA in rid\.tls\.ca/,
  )
  assert.equal(r.peer.requests.length, 0)
})

test('another CA is refused even where the fingerprint is right', async () => {
  const cert = await other.issue({ cn: 'x', dns: ['localhost'] })
  await using r = await rig({ cert, identity: { fingerprint: cert.fingerprint256 } })
  assertDown(
    await r.send(),
    /^TLS handshake with the peer failed: its certificate does not come from a CA in rid\.tls\.ca/,
  )
})

test('an expired server certificate is refused', async () => {
  await using r = await rig({ cert: await root.issue({ cn: 'x', dns: ['localhost'], expired: true }) })
  assertDown(await r.send(), /^TLS handshake with the peer failed: .* has expired$/)
})

test('a revoked server certificate is refused', async () => {
  const cert = await root.issue({ cn: 'x', dns: ['localhost'] })
  const crl = await root.crl([cert])
  const tls = { cert: csirtA.cert, key: csirtA.key, ca: root.cert, crl }
  await using r = await rig({ cert, sender: { tls } })
  assertDown(await r.send(), /^TLS handshake with the peer failed: its certificate is revoked$/)
})

for (const [name, request] of [
  ['of another host', { cn: 'localhost', dns: ['elsewhere.example'] }],
  ['with its name in the CN only', { cn: 'localhost' }],
  ['with a wildcard', { cn: 'x', dns: ['localhost', '*.example'] }],
  ['for clients only', { cn: 'x', dns: ['localhost'], client: true }],
] as const) {
  test(`a server certificate ${name} is refused`, async () => {
    await using r = await rig({ cert: await root.issue(request) })
    assertDown(
      await r.send(),
      /^TLS handshake with the peer failed: its certificate (?:is for|is not for this|names nobody)/,
    )
    assert.equal(r.peer.requests.length, 0)
  })
}

test('a certificate with the configured fingerprint needs no name', async () => {
  const cert = await root.issue({ cn: 'nameless' })
  await using r = await rig({ cert, identity: { fingerprint: cert.fingerprint256.toLowerCase().replaceAll(':', '') } })
  assert.equal((await r.send()).kind, 'delivered')
})

test("a URL with an address needs that address, or the peer's DNS-ID, in the certificate", async () => {
  const url = (port: number) => `https://127.0.0.1:${port}/`
  await using wrong = await rig({ url })
  assertDown(await wrong.send(), /^TLS handshake with the peer failed: its certificate /)
  await using byAddress = await rig({ url, cert: await root.issue({ cn: 'x', ip: ['127.0.0.1'] }) })
  assert.equal((await byAddress.send()).kind, 'delivered')
  await using byName = await rig({ url, cert: await root.issue({ cn: 'x', dns: ['csirt-b.example'] }) })
  assert.equal((await byName.send()).kind, 'delivered')
})

test('a server that speaks TLS 1.1 only is refused', async () => {
  const tls = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await using r = await rig({ peer: { tls } })
  assertDown(await r.send(), /^TLS handshake with the peer failed: there is no version of TLS that both ends take/)
})

test('a reload shows the new certificate to the peer; files that cannot be used change nothing', async () => {
  const tls = { cert: join(pki.dir, 'own.pem'), key: join(pki.dir, 'own.key'), ca: root.cert }
  copyFileSync(csirtA.cert, tls.cert)
  copyFileSync(csirtA.key, tls.key)
  await using r = await rig({ sender: { tls } })
  await r.send()
  const next = await root.issue({ cn: 'csirt-a', dns: ['csirt-a.example'] })
  copyFileSync(next.cert, tls.cert)
  assert.throws(r.reload, { code: 'config-invalid' })
  assert.equal((await r.send()).kind, 'delivered')
  copyFileSync(next.key, tls.key)
  r.reload()
  assert.equal((await r.send()).kind, 'delivered')
  assert.deepEqual(
    r.peer.requests.map(({ client }) => client),
    [csirtA.fingerprint256, csirtA.fingerprint256, next.fingerprint256],
  )
})

test('a peer without an https URL is a configuration error', () => {
  const { tell } = memoryLog()
  const tls = { cert: csirtA.cert, key: csirtA.key, ca: root.cert }
  for (const url of ['', 'http://localhost/', 'nonsense']) {
    const receiver = { name: 'x', url, identity: { dns: 'x.example' } }
    assert.throws(() => createRidSender({ receiver, tls, readReply, tell }), { code: 'config-invalid' })
  }
})

test('a reply that nobody had time to read is asked for again: it may say Denied', async () => {
  await using t = await rig({ scripts: [answer(200, `<!-- busy -->${acknowledgement('Denied')}`)] })
  const retried = await t.send()
  assert.deepEqual(retried, { kind: 'retry', reason: 'Too busy to read the reply', destinationDown: false })
})

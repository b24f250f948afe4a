import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Accept } from '../../src/rid/contract.ts'
import { createRidListener } from '../../src/rid/listener.ts'
import { eventually } from '../support/eventually.ts'
import { readUntilClose } from '../support/rid-client.ts'
import { type Bench, csirtA, memoryLog, peerConfig, pki, REPLY, startBench } from './setup.ts'
import { exchange, HEAD, LAST, pause, post, wire } from './wire.ts'

after(() => pki.dispose())

async function nobodyLeft({ listener }: Bench): Promise<void> {
  for (let tries = 0; listener.connections() > 0 && tries < 250; tries += 1) await pause(20)
  assert.equal(listener.connections(), 0)
}

test('requests one after another share a connection, refusals too', async () => {
  await using bench = await startBench()
  await using client = bench.client(csirtA, { keepAlive: true })
  for (const [request, status] of [
    [{ body: '<a/>' }, 200],
    [{ body: '<a/>', path: '/x' }, 404],
    [{ body: '<a/>', headers: { 'content-type': 'text/plain' } }, 415],
    [{ body: '<a/>', method: 'PUT' }, 405],
    [{ method: 'GET' }, 204],
    [{ body: ['<b', '/>'] }, 200],
  ] as const) {
    assert.equal((await client.send(request)).status, status)
  }
  assert.equal(bench.listener.connections(), 1)
  assert.equal(bench.taken.length, 2)
})

test('pipelined messages are taken one at a time, in order, and answered in order', async () => {
  let running = 0
  let most = 0
  const order: string[] = []
  const accept: Accept = async ({ body }) => {
    running += 1
    most = Math.max(most, running)
    const text = Buffer.from(body).toString()
    await pause(text === '<m0/>' ? 60 : 5)
    order.push(text)
    running -= 1
    return { kind: 'reply', xml: `<reply to="${text.slice(1, 3)}"/>` }
  }
  const bytes = [0, 1, 2, 3].map((n) => post(`<m${n}/>`, n === 3 ? LAST : '')).join('')
  const { statuses, text } = await exchange(bytes, { accept })
  assert.deepEqual(statuses, [200, 200, 200, 200])
  assert.deepEqual(order, ['<m0/>', '<m1/>', '<m2/>', '<m3/>'])
  assert.equal(most, 1)
  const replies = [...text.matchAll(/to="(..)"/g)].map((match) => match[1])
  assert.deepEqual(replies, ['m0', 'm1', 'm2', 'm3'])
})

test('too many pipelined requests end the connection: what is one too many is told so, the others are answered', async () => {
  const bytes = Array.from({ length: 50 }, (_, n) => post(`<m${n}/>`)).join('')
  const { statuses, taken, text } = await exchange(bytes, { accept: slow, limits: { pipelined: 4 } })
  assert.deepEqual(statuses, [200, 200, 200, 200, 429])
  assert.deepEqual(taken, ['<m0/>', '<m1/>', '<m2/>', '<m3/>'])
  assertProblem(text.slice(text.lastIndexOf('HTTP/1.1 4')), 429)
})

const slow: Accept = async () => {
  await pause(50)
  return { kind: 'reply', xml: REPLY }
}

test('garbage behind a good message does not take its answer, and gets its own', async () => {
  const { statuses, taken, text } = await exchange(`${post('<a/>')}\u0000\u0001 garbage\r\n\r\n`, { accept: slow })
  assert.deepEqual(statuses, [200, 400])
  assertProblem(text.slice(text.lastIndexOf('HTTP/1.1 4')), 400)
  assert.deepEqual(taken, ['<a/>'])
})

test('garbage behind ten pipelined messages leaves none of them without its answer', async () => {
  const bytes = Array.from({ length: 10 }, (_, n) => post(`<m${n}/>`)).join('')
  for (const garbage of ['\u0000garbage\r\n\r\n', `${HEAD}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`]) {
    const { statuses, taken } = await exchange(bytes + garbage, { accept: slow })
    assert.deepEqual(statuses, [...Array(10).fill(200), 400])
    assert.equal(taken.length, 10)
  }
})

test('the end of a connection waits for all of its pipelined messages', async () => {
  const bench = await startBench({ accept: slow })
  await using client = bench.client()
  const socket = await client.raw()
  const received = readUntilClose(socket)
  socket.write([0, 1, 2, 3].map((n) => post(`<m${n}/>`)).join(''))
  while (bench.taken.length === 0) await pause(5)
  await bench[Symbol.asyncDispose]()
  const text = await received
  assert.equal(text.match(/HTTP\/1\.1 200 /g)?.length, 4)
  assert.equal(text.match(/connection: close/gi)?.length, 1)
  assert.equal(bench.taken.length, 4)
})

test('a broken second message ends the connection after the first is answered', async () => {
  const broken = `${HEAD}Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n0\r\n\r\n`
  const { statuses, taken } = await exchange(post('<a/>') + broken, { accept: slow })
  assert.deepEqual(statuses, [200, 400])
  assert.deepEqual(taken, ['<a/>'])
})

test('a chunked message is taken whole', async () => {
  const { statuses, taken } = await exchange(
    `${HEAD}${LAST}Transfer-Encoding: chunked\r\n\r\n2;ext=1\r\n<a\r\n2\r\n/>\r\n0\r\nTrailer: x\r\n\r\n`,
  )
  assert.deepEqual(statuses, [200])
  assert.deepEqual(taken, ['<a/>'])
})

const SMUGGLING: Record<string, string> = {
  'Content-Length and Transfer-Encoding': `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET`,
  'two Content-Lengths': `${HEAD}Content-Length: 4\r\nContent-Length: 5\r\n\r\n<a/>`,
  'two equal Content-Lengths': `${HEAD}Content-Length: 4\r\nContent-Length: 4\r\n\r\n<a/>`,
  'a list of Content-Lengths': `${HEAD}Content-Length: 4, 4\r\n\r\n<a/>`,
  'a signed Content-Length': `${HEAD}Content-Length: +4\r\n\r\n<a/>`,
  'a hex Content-Length': `${HEAD}Content-Length: 0x4\r\n\r\n<a/>`,
  'a negative Content-Length': `${HEAD}Content-Length: -1\r\n\r\n<a/>`,
  'an enormous Content-Length': `${HEAD}Content-Length: 99999999999999999999999\r\n\r\n<a/>`,
  'a space before the colon': `${HEAD}Content-Length : 4\r\n\r\n<a/>`,
  'a folded header': `${HEAD}X: a\r\n b\r\nContent-Length: 4\r\n\r\n<a/>`,
  'chunked not last': `${HEAD}Transfer-Encoding: chunked, gzip\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n`,
  'chunked twice': `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n`,
  'an unknown coding': `${HEAD}Transfer-Encoding: xchunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n`,
  'a coding below chunked': `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n`,
  'a chunk size that is none': `${HEAD}Transfer-Encoding: chunked\r\n\r\n0x4\r\n<a/>\r\n0\r\n\r\n`,
  'a chunk size that overflows': `${HEAD}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n<a/>\r\n0\r\n\r\n`,
  'a chunk longer than it says': `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n<a/>\r\n0\r\n\r\n`,
  'bare line feeds': `${HEAD}Content-Length: 4\n\n<a/>`.replaceAll('\r\n', '\n'),
  'a bare carriage return': `${HEAD}X: a\rContent-Length: 4\r\n\r\n<a/>`,
  'a NUL in a header': `${HEAD}X: a\0b\r\nContent-Length: 4\r\n\r\n<a/>`,
  'no Host': `POST / HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>`,
  'two Hosts': post('<a/>', 'Host: y\r\n'),
  'two Content-Types': post('<a/>', 'Content-Type: text/plain\r\n'),
  'two Content-Encodings': post('<a/>', 'Content-Encoding: identity\r\nContent-Encoding: identity\r\n'),
  'no HTTP version': `POST /\r\n\r\n`,
  'HTTP/2 without TLS saying so': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'another protocol': 'SSH-2.0-x\r\n',
}
for (const [name, bytes] of Object.entries(SMUGGLING)) {
  test(`smuggling shape: ${name}`, async () => {
    const behind = post('<behind/>', LAST)
    const { statuses, taken, text } = await exchange(bytes + behind, {
      limits: { linger: 50, headers: 500, request: 500 },
    })
    assert.ok(statuses[0] !== undefined && [400, 413, 415].includes(statuses[0]), text)
    assert.ok(!taken.includes('<a/>'), `${taken}`)
    assert.ok(statuses.length <= 2)
  })
}

test('an HTTP/1.0 client is answered and let go', async () => {
  const bytes = 'POST / HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>'
  const { statuses, taken } = await exchange(bytes)
  assert.deepEqual(statuses, [200])
  assert.deepEqual(taken, ['<a/>'])
})

test('CONNECT and Upgrade lead nowhere', async () => {
  assert.deepEqual((await exchange('CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n')).statuses, [404])
  const upgrade = `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`
  assert.deepEqual((await exchange(upgrade)).statuses, [204])
})

test('a client that resets behind CONNECT does no harm, and leaves nothing open', async () => {
  await using w = await wire()
  for (let i = 0; i < 5; i += 1) {
    await using client = w.bench.client()
    const socket = await client.raw()
    socket.on('error', () => {})
    socket.write('CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\nmore')
    if (i % 2 === 0) await pause(20)
    socket.destroy()
  }
  w.socket.write('CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n')
  await nobodyLeft(w.bench)
})

test('too many or too long headers are refused', async () => {
  const long = await exchange(`${HEAD}X: ${'a'.repeat(40_000)}\r\n\r\n`)
  assert.deepEqual(long.statuses, [431])
  assertProblem(long.text, 431)
  const many = 'X: y\r\n'.repeat(4000)
  assertProblem((await exchange(`${HEAD}${many}\r\n`)).text, 431)
})

test('more headers than are kept are refused, not cut', async () => {
  const filler = Array.from({ length: 70 }, (_, i) => `X-${i}: y\r\n`).join('')
  const bytes = `POST / HTTP/1.1\r\nHost: x\r\n${LAST}${filler}Content-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>`
  const { text, taken } = await exchange(bytes, { limits: { linger: 50 } })
  assertProblem(text, 431)
  assert.deepEqual(taken, [])
})

/** The one answer in `text`: its fields by lower-case name, and its body. */
function parse(text: string) {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [start = '', ...lines] = head.split('\r\n')
  const fields = Object.fromEntries(lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ')[1]]))
  return { start, fields, body: rest.join('\r\n\r\n') }
}

/** That `text` is one whole answer with problem details and the last of its connection. */
function assertProblem(text: string, status: number, format: 'xml' | 'json' = 'xml'): void {
  const { start, fields, body } = parse(text)
  assert.match(start, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`))
  assert.equal(fields['content-type'], `application/problem+${format}`, text)
  assert.equal(fields['content-length'], String(body.length), text)
  assert.equal(fields.connection, 'close', text)
  assert.match(body, format === 'json' ? new RegExp(`"status":${status},`) : new RegExp(`<status>${status}</status>`))
  assert.match(body, /urn:uuid:[0-9a-f-]{36}/)
  assert.doesNotMatch(body, /HPE_|Parse Error|node:|\/work|\.ts/)
}

for (const method of ['FOO', 'post', 'Get', 'GETX', 'DESCRIBE', 'SOURCE', "!#$%&'*+.^_`|~-", 'X'.repeat(64)]) {
  test(`a method that HTTP does not know, ${method.slice(0, 20)}, is refused like any other: 405 and Allow`, async () => {
    const rest = `Host: x\r\n${LAST}Content-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>`
    for (const target of ['/', 'https://localhost/']) {
      const { text, statuses, taken } = await exchange(`${method} ${target} HTTP/1.1\r\n${rest}`)
      assert.deepEqual(statuses, [405])
      assertProblem(text, 405)
      assert.equal(parse(text).fields.allow, 'GET, HEAD, POST')
      assert.deepEqual(taken, [])
    }
    const elsewhere = await exchange(`${method} /x HTTP/1.1\r\n${rest}`)
    assertProblem(elsewhere.text, 404)
    assert.equal(parse(elsewhere.text).fields.allow, undefined)
  })
}

test('a method that HTTP does not know is refused alike for a certificate that is no peer', async () => {
  const { text } = await exchange('FOO / HTTP/1.1\r\nHost: x\r\n\r\n', { peers: [] })
  assertProblem(text, 405)
})

test('a method that HTTP does not know, behind a good message, does not take its answer', async () => {
  const { statuses } = await exchange(`${post('<a/>')}FOO / HTTP/1.1\r\nHost: x\r\n\r\n`, { accept: slow })
  assert.deepEqual(statuses, [200, 400])
})

for (const [name, bytes] of Object.entries({
  'no request line': 'GARBAGE\r\n\r\n',
  'another protocol': 'SSH-2.0-x\r\n',
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a method of other characters': 'F(O / HTTP/1.1\r\nHost: x\r\n\r\n',
  'a target of other characters': 'FOO /\u0000 HTTP/1.1\r\nHost: x\r\n\r\n',
  'another version': 'FOO / HTTP/3.0\r\nHost: x\r\n\r\n',
  'an endless method': `${'X'.repeat(100_000)} / HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a broken body': `${HEAD}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`,
  'a broken header': `${HEAD}X Y: z\r\n\r\n`,
})) {
  test(`400 for ${name} has problem details`, async () => assertProblem((await exchange(bytes)).text, 400))
}

test('413 for chunk extensions without end has problem details', async () => {
  const { text, taken } = await exchange(`${HEAD}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`)
  assertProblem(text, 413)
  assert.deepEqual(taken, [])
})

test('what is no HTTP is found in the log by the id that its answer gives', async () => {
  const { text, bench } = await exchange('GARBAGE\r\n\r\n')
  const line = bench.lines.find(({ msg }) => msg === 'RID client sent no proper request')
  assert.equal(line?.request, /urn:uuid:([0-9a-f-]+)/.exec(text)?.[1])
})

test('the half of a method that came first does not make the rest a known one', async () => {
  await using w = await wire()
  const received = readUntilClose(w.socket)
  w.socket.write('PO')
  await pause(50)
  w.socket.write(post('<a/>'))
  assertProblem(await received, 400)
  assert.equal(w.bench.taken.length, 0)
})

test('problem details of a broken body are JSON where its request asked for that', async () => {
  const json = 'Accept: application/json\r\n'
  const broken = `${HEAD}${json}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`
  assertProblem((await exchange(broken)).text, 400, 'json')
})

test('HTTP/1.1 without Host is refused with 400 and problem details', async () => {
  const bare = 'POST / HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n'
  const { text, taken } = await exchange(`${bare}\r\n<a/>`)
  assertProblem(text, 400)
  assert.deepEqual(taken, [])
  assertProblem((await exchange(`${bare}Accept: application/json\r\n\r\n<a/>`)).text, 400, 'json')
  assertProblem((await exchange('GET / HTTP/1.1\r\n\r\n')).text, 400)
})

test('CONNECT behind a good message does not take its answer', async () => {
  const connect = 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n'
  assert.deepEqual((await exchange(post('<a/>') + connect, { accept: slow })).statuses, [200, 404])
})

test('CONNECT is refused with 404 and problem details', async () => {
  const connect = 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n'
  assertProblem((await exchange(`${connect}\r\n`)).text, 404)
  assertProblem((await exchange(`${connect}Accept: application/json\r\n\r\n`)).text, 404, 'json')
})

test('Expect: 100-continue is answered by 100 only where the body is wanted', async () => {
  await using w = await wire()
  const received = readUntilClose(w.socket)
  w.socket.write(`${HEAD}${LAST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`)
  await pause(100)
  assert.equal(w.bench.taken.length, 0)
  w.socket.write('<a/>')
  assert.match(await received, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
})

for (const [name, head, status] of [
  ['too large', `${HEAD}Content-Length: 99999999\r\n`, 413],
  ['of another type', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 4\r\n', 415],
  ['for another URI', 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n', 404],
] as const) {
  test(`Expect: 100-continue for a body ${name} is refused at once, without 100`, async () => {
    const { statuses } = await exchange(`${head}Expect: 100-continue\r\n\r\n`, { limits: { linger: 50 } })
    assert.deepEqual(statuses, [status])
  })
}

test('another expectation is refused with 417', async () => {
  for (const expectation of ['a-miracle', '100-continue, a-miracle']) {
    const { text, taken } = await exchange(post('<a/>', `Expect: ${expectation}\r\n`), { limits: { linger: 50 } })
    assertProblem(text, 417)
    assert.deepEqual(taken, [])
    const json = post('<a/>', `${LAST}Accept: application/json\r\nExpect: ${expectation}\r\n`)
    assertProblem((await exchange(json)).text, 417, 'json')
  }
})

test('an empty Expect, as curl sends to leave it out, is no expectation', async () => {
  for (const value of ['', ' ', ' , ,']) {
    const { statuses, taken } = await exchange(post('<a/>', `${LAST}Expect:${value}\r\n`))
    assert.deepEqual(statuses, [200], JSON.stringify(value))
    assert.deepEqual(taken, ['<a/>'])
  }
})

test('a POST without a body is told which header field says so', async () => {
  for (const [head, message] of [
    ['', /There is no Content-Length and no chunked body, so the message is empty/],
    ['Content-Length: 0\r\n', /Content-Length is 0, so the message is empty/],
  ] as const) {
    const { text, taken } = await exchange(`${HEAD}${LAST}${head}\r\n`)
    assertProblem(text, 400)
    assert.match(text, message)
    assert.deepEqual(taken, [])
  }
})

for (const [type, message] of [
  ['text/xml; charset = utf-8', /Content-Type is "text\/xml; charset = utf-8"\. No white space may stand around "="/],
  ['text/xml; charset="utf-8', /A quotation mark is not closed/],
  ['text/xml, text/plain', /one media type only/],
  ['xml', /A media type is written as text\/xml/],
  ['application/json', /Content-Type is "application\/json"\. RID messages are text\/xml\./],
] as const) {
  test(`415 says what is wrong with Content-Type: ${type}`, async () => {
    const { text } = await exchange(
      `POST / HTTP/1.1\r\nHost: x\r\n${LAST}Content-Type: ${type}\r\nContent-Length: 4\r\n\r\n<a/>`,
    )
    assertProblem(text, 415)
    assert.match(text.replaceAll('&quot;', '"'), message)
  })
}

test('415 says that Content-Type is missing', async () => {
  const { text } = await exchange(`POST / HTTP/1.1\r\nHost: x\r\n${LAST}Content-Length: 4\r\n\r\n<a/>`)
  assertProblem(text, 415)
  assert.match(text, /There is no Content-Type\. RID messages are text\/xml\./)
})

test('413 comes at once, to a client that is still sending, and it can read it', async () => {
  await using w = await wire({ maxMessage: 1000, limits: { linger: 300 } })
  const received = readUntilClose(w.socket)
  const began = Date.now()
  w.socket.write(`${HEAD}Content-Length: 1000000000\r\n\r\n`)
  const pump = setInterval(() => w.socket.writable && w.socket.write(Buffer.alloc(65_536)), 1)
  const text = await received
  clearInterval(pump)
  assert.match(text, /^HTTP\/1\.1 413 [\s\S]*connection: close/i)
  assert.match(text, /<\/problem>$/)
  assert.ok(Date.now() - began < 8_000)
  assert.ok(w.socket.bytesWritten < 100_000_000)
})

test('413 is not lost on a client that reads only after it has sent everything', async () => {
  await using w = await wire({ maxMessage: 1000, limits: { linger: 20_000, lingerBytes: 100_000_000 } })
  // more than the kernel's buffers between the two hold
  const body = 'x'.repeat(30_000_000)
  const failed: unknown[] = []
  w.socket.on('error', (error) => failed.push(error))
  w.socket.pause()
  await new Promise<void>((resolve) => w.socket.write(post(body), () => resolve()))
  assert.deepEqual(failed, [])
  const received = readUntilClose(w.socket)
  w.socket.resume()
  assert.match(await received, /^HTTP\/1\.1 413 [\s\S]*<\/problem>$/)
})

test('413 in the middle of a chunked body', async () => {
  await using w = await wire({ maxMessage: 1000, limits: { linger: 100 } })
  const received = readUntilClose(w.socket)
  w.socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
  const pump = setInterval(() => w.socket.writable && w.socket.write(`64\r\n${'x'.repeat(100)}\r\n`), 1)
  const text = await received
  clearInterval(pump)
  assert.match(text, /^HTTP\/1\.1 413 /)
  assert.equal(w.bench.taken.length, 0)
})

const SLOW = { headers: 200, request: 400, keepAlive: 200 }

test('slow headers are cut off', async () => {
  await using w = await wire({ limits: SLOW })
  const received = readUntilClose(w.socket)
  w.socket.write('POST / HTTP/1.1\r\n')
  const drip = setInterval(() => w.socket.writable && w.socket.write('X: y\r\n'), 50)
  const text = await received
  clearInterval(drip)
  assertProblem(text, 408)
})

test('a slow body is cut off, and accept never sees it', async () => {
  await using w = await wire({ limits: SLOW })
  const received = readUntilClose(w.socket)
  w.socket.write(`${HEAD}Content-Length: 1000\r\n\r\n`)
  const drip = setInterval(() => w.socket.writable && w.socket.write('x'), 20)
  const text = await received
  clearInterval(drip)
  assertProblem(text, 408)
  assert.equal(w.bench.taken.length, 0)
  await nobodyLeft(w.bench)
  assert.deepEqual(
    w.bench.lines.map(({ event, status }) => status ?? event),
    ['rid-no-request', 0],
  )
})

test('a connection that never asks is cut off', async () => {
  await using w = await wire({ limits: SLOW })
  await readUntilClose(w.socket)
  await nobodyLeft(w.bench)
})

test('a connection idle after its request is closed', async () => {
  await using w = await wire({ limits: SLOW })
  const received = readUntilClose(w.socket)
  w.socket.write(post('<a/>'))
  assert.match(await received, /^HTTP\/1\.1 200 /)
})

test('slow work of ours is not cut off by the deadlines for clients', async () => {
  const accept: Accept = async () => {
    await pause(1500)
    return { kind: 'reply', xml: REPLY }
  }
  const { statuses } = await exchange(post('<a/>', LAST), { accept, limits: SLOW })
  assert.deepEqual(statuses, [200])
})

test('a client that half-closes still gets its answer', async () => {
  await using w = await wire()
  const received = readUntilClose(w.socket)
  w.socket.end(post('<a/>'))
  assert.match(await received, /^HTTP\/1\.1 200 /)
})

test('a client that leaves in the middle of its message is not heard', async () => {
  await using w = await wire()
  w.socket.write(`${HEAD}Content-Length: 1000\r\n\r\n<a`)
  await pause(50)
  w.socket.destroy()
  await nobodyLeft(w.bench)
  assert.equal(w.bench.taken.length, 0)
  assert.ok(w.bench.lines.some((line) => line.msg === 'RID request' && line.status === 0))
})

test('of a client that leaves before its answer, the log still says which peer it was', async () => {
  await using w = await wire()
  w.socket.write(`${HEAD}Content-Length: 1000\r\n\r\n<a`)
  await pause(50)
  w.socket.destroy()
  await nobodyLeft(w.bench)
  const gone = w.bench.lines.filter(({ event, status }) => event === 'rid-request' && status === 0)
  assert.deepEqual(
    gone.map(({ peer }) => peer),
    ['csirt-a'],
  )
})

test('a half-closed body is an aborted message', async () => {
  const { taken, bench } = await (async () => {
    await using w = await wire()
    const received = readUntilClose(w.socket)
    w.socket.end(`${HEAD}Content-Length: 1000\r\n\r\n<a`)
    await received
    return { taken: w.bench.taken, bench: w.bench }
  })()
  assert.equal(taken.length, 0)
  assert.ok(bench.lines.every(({ event, status }) => event !== 'rid-request' || status === 0))
})

test('a GET with a body is answered, and its body is not the next request', async () => {
  const bytes = `GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n<a/>${post('<b/>', LAST)}`
  const { statuses, taken } = await exchange(bytes)
  assert.deepEqual(statuses, [204, 200])
  assert.deepEqual(taken, ['<b/>'])
})

test('the answer to HEAD has no body, whatever its status', async () => {
  const { text } = await exchange(`HEAD /x HTTP/1.1\r\nHost: x\r\n${LAST}\r\n`)
  assert.match(text, /^HTTP\/1\.1 404 [\s\S]*\r\n\r\n$/)
})

test('a peer whose certificate runs out while connected has to come again: a 403 would be for good', async () => {
  await using w = await wire()
  const now = Date.now
  try {
    const received = readUntilClose(w.socket)
    w.socket.write(post('<a/>'))
    while (w.bench.taken.length === 0) await pause(5)
    Date.now = () => now() + 40 * 86_400_000
    w.socket.write(post('<b/>', LAST))
    assert.equal((await received).match(/HTTP\/1\.1 /g)?.length, 1)
    assert.equal(w.bench.taken.length, 1)
  } finally {
    Date.now = now
  }
})

test('disposing waits for the answer that is owed, and ends what is idle', async () => {
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>()
  const accept: Accept = async () => {
    wasAsked()
    await pause(200)
    return { kind: 'reply', xml: REPLY }
  }
  const bench = await startBench({ accept })
  await using client = bench.client()
  const [busy, idle] = [await client.raw(), await client.raw()]
  const [answer, nothing] = [readUntilClose(busy), readUntilClose(idle)]
  busy.on('error', () => {})
  busy.write(post('<a/>'))
  await asked
  await bench[Symbol.asyncDispose]()
  assert.match(await answer, /^HTTP\/1\.1 200 [\s\S]*connection: close/i)
  assert.equal(await nothing, '')
  await assert.rejects(client.post('<a/>'))
})

test('disposing does not wait for ever', async () => {
  const accept: Accept = () => new Promise(() => {})
  const bench = await startBench({ accept, limits: { close: 100 } })
  await using client = bench.client()
  const socket = await client.raw()
  const answer = readUntilClose(socket)
  socket.on('error', () => {})
  socket.write(post('<a/>'))
  await eventually('the message', () => bench.taken.length > 0)
  await bench[Symbol.asyncDispose]()
  assert.equal(await answer, '')
})

test('a port that is taken is a rejection, not a crash', async () => {
  await using bench = await startBench()
  const { tell } = memoryLog()
  await using second = createRidListener({
    rid: {
      host: '127.0.0.1',
      port: bench.port,
      name: 'gateway.example',
      tls: { cert: bench.server.cert, key: bench.server.key, ca: bench.authority.cert },
      maxMessage: 1000,
    },
    peers: [],
    accept: async () => ({ kind: 'reply', xml: REPLY }),
    state: () => 'serving',
    tell,
  })
  await assert.rejects(second.start(), { code: 'EADDRINUSE' })
})

test('disposing twice is no trouble', async () => {
  const bench = await startBench({ peers: [peerConfig('a', { dns: 'a.example' })] })
  await bench[Symbol.asyncDispose]()
  await bench[Symbol.asyncDispose]()
})

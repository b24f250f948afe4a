import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import type { Accept, Problem } from '../../src/rid/contract.ts'
import { type BenchOptions, peerConfig, pki, REPLY, root, startBench } from './setup.ts'

after(() => pki.dispose())

const XML = 'application/problem+xml'

test('a POST to / of a peer reaches accept, and its reply comes back as text/xml', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  const response = await client.post('<a/>', { 'content-type': 'text/xml; charset=UTF-8' })
  assert.equal(response.status, 200)
  assert.equal(response.headers['content-type'], 'text/xml')
  assert.equal(response.headers.server, undefined)
  assert.equal(response.body, REPLY)
  const [message] = bench.taken
  assert.equal(message?.peer.name, 'csirt-a')
  assert.equal(message?.charset, 'utf-8')
  assert.equal(Buffer.from(message?.body ?? []).toString(), '<a/>')
  assert.match(message?.id ?? '', /^[0-9a-f-]{36}$/)
  assert.ok(Math.abs((message?.receivedAt ?? 0) - Date.now()) < 60_000)
})

for (const method of ['GET', 'HEAD']) {
  test(`${method} / is answered with 204`, async () => {
    await using bench = await startBench()
    await using client = bench.client()
    const response = await client.send({ method })
    assert.equal(response.status, 204)
    assert.equal(response.body, '')
  })
}

test('GET / is answered with 204 to whoever passes TLS', async () => {
  await using bench = await startBench({ peers: [] })
  await using client = bench.client()
  assert.equal((await client.send({ method: 'GET' })).status, 204)
})

for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']) {
  test(`${method} / is answered with 405 and Allow`, async () => {
    await using bench = await startBench()
    await using client = bench.client()
    const response = await client.send({ method })
    assert.equal(response.status, 405)
    assert.equal(response.headers.allow, 'GET, HEAD, POST')
    assert.equal(response.headers['content-type'], XML)
  })
}

for (const path of ['/x', '//', '/?a=b', '/?', '/index.html', '/%2e', '/%ZZ', '/%00', '/..', `/${'a'.repeat(5000)}`]) {
  test(`${path.slice(0, 20)} is another URI: 404 by any method`, async () => {
    await using bench = await startBench()
    await using client = bench.client()
    for (const method of ['POST', 'GET', 'DELETE', 'PROPFIND']) {
      const response = await client.send({ method, path, ...(method === 'POST' ? { body: '<a/>' } : {}) })
      assert.equal(response.status, 404, method)
      assert.equal(response.headers['content-type'], XML)
      assert.ok(!response.body.includes('aaaa'))
    }
    assert.equal(bench.taken.length, 0)
  })
}

test('a request-target in absolute form names the same resource', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  assert.equal((await client.send({ path: 'https://localhost:4590/', body: '<a/>' })).status, 200)
  assert.equal((await client.send({ path: 'https://localhost:4590/x', body: '<a/>' })).status, 404)
})

for (const type of [
  'text/xml',
  'TEXT/XML',
  'text/xml;',
  'text/xml; ; x="a;,b"',
  'text/xml; charset=utf-8',
  'text/xml;charset="utf-16"; x=y',
  'text/xml\t; charset=utf-8',
  'text/xml; charset=',
  'text/xml;charset',
  "text/xml; charset='utf-8'",
  'text/xml; charset=KLINGON',
  'application/xml',
  'application/iodef+xml; version=2',
]) {
  test(`Content-Type ${JSON.stringify(type)} is taken`, async () => {
    await using bench = await startBench()
    await using client = bench.client()
    assert.equal((await client.post('<a/>', { 'content-type': type })).status, 200)
  })
}

test('a charset that no one knows, or an empty one, is not passed on', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  for (const charset of ['KLINGON', 'utf_9', '', "''"]) {
    await client.post('<a/>', { 'content-type': `text/xml; charset=${charset}` })
  }
  assert.deepEqual(
    bench.taken.map((message) => message.charset),
    [undefined, undefined, undefined, undefined],
  )
})

for (const type of [
  'text/xmlfoo',
  'text/xml, application/json',
  'application/json',
  'text/plain',
  'xml',
  '',
  undefined,
]) {
  test(`Content-Type ${JSON.stringify(type)} is refused with 415`, async () => {
    await using bench = await startBench()
    await using client = bench.client()
    const response = await client.post('<a/>', { 'content-type': type })
    assert.equal(response.status, 415)
    assert.equal(response.headers['content-type'], XML)
    assert.equal(bench.taken.length, 0)
  })
}

test('an encoded body is refused with 415', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  for (const encoding of ['gzip', 'deflate', 'br', 'identity, gzip', 'x']) {
    const response = await client.post('<a/>', { 'content-encoding': encoding })
    assert.equal(response.status, 415, encoding)
    assert.equal(response.headers['accept-encoding'], 'identity')
  }
  assert.equal((await client.post('<a/>', { 'content-encoding': 'identity' })).status, 200)
})

test('a body over maxMessage is refused with 413, whether its length is declared or not', async () => {
  await using bench = await startBench({ maxMessage: 1000 })
  await using client = bench.client()
  assert.equal((await client.post('x'.repeat(1000))).status, 200)
  assert.equal((await client.post('x'.repeat(1001))).status, 413)
  const chunks = Array.from({ length: 40 }, () => 'x'.repeat(100))
  assert.equal((await client.send({ body: chunks })).status, 413)
  assert.equal((await client.send({ body: chunks.slice(0, 10) })).status, 200)
  assert.equal(bench.taken.length, 2)
})

test('a certificate that is no peer is refused with 403, and its body is not read', async () => {
  await using bench = await startBench()
  const stranger = await root.issue({ cn: 'csirt-a.example', dns: ['stranger.example'] })
  await using client = bench.client(stranger)
  const response = await client.post('<a/>')
  assert.equal(response.status, 403)
  assert.equal(response.headers['content-type'], XML)
  assert.equal(bench.taken.length, 0)
})

test('refusals come in order: URI, method, peer, type, size', async () => {
  await using bench = await startBench({ maxMessage: 10, state: () => 'draining' })
  const stranger = await root.issue({ cn: 'x', dns: ['stranger.example'] })
  await using client = bench.client(stranger)
  const everything = { body: 'x'.repeat(100), headers: { 'content-type': 'text/plain' } }
  assert.equal((await client.send({ ...everything, path: '/x', method: 'PUT' })).status, 404)
  assert.equal((await client.send({ ...everything, method: 'PUT' })).status, 405)
  assert.equal((await client.send(everything)).status, 403)
  await using peer = bench.client()
  assert.equal((await peer.send(everything)).status, 415)
  assert.equal((await peer.post('x'.repeat(100))).status, 413)
  assert.equal((await peer.post('x')).status, 503)
})

test('draining answers 503 with Retry-After and ends the connection', async () => {
  await using bench = await startBench({ state: () => 'draining' })
  await using client = bench.client(undefined, { keepAlive: true })
  const response = await client.post('<a/>')
  assert.equal(response.status, 503)
  assert.match(response.headers['retry-after'] ?? '', /^\d+$/)
  assert.equal(response.headers.connection, 'close')
})

async function answeredWith(accept: Accept, options: BenchOptions = {}, headers = {}) {
  await using bench = await startBench({ ...options, accept })
  await using client = bench.client()
  const response = await client.post('<a/>', headers)
  return { ...response, lines: bench.lines }
}

const INVALID: Problem = {
  status: 400,
  title: 'Not valid',
  detail: 'Two <errors> & "more"\u0007',
  errors: [
    { line: 3, column: 7, message: "Element 'x' < y" },
    { line: 0, column: 0, message: 'bad \ud800 char \u0000 here' },
  ],
  more: 5,
}

test('a problem is RFC 9457 XML with one entry for each error', async () => {
  const { status, headers, body } = await answeredWith(async () => ({ kind: 'problem', problem: INVALID }))
  assert.equal(status, 400)
  assert.equal(headers['content-type'], XML)
  assert.match(body, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<problem xmlns="urn:ietf:rfc:7807">/)
  assert.match(body, /<title>Not valid<\/title><status>400<\/status>/)
  assert.match(body, /<detail>Two &lt;errors&gt; &amp; &quot;more&quot;\\u0007<\/detail>/)
  assert.match(
    body,
    /<errors><i><line>3<\/line><column>7<\/column><reason>Element &apos;x&apos; &lt; y<\/reason><\/i><i>/,
  )
  assert.match(body, /bad \ufffd char \\u0000 here/)
  assert.match(body, /<more>5<\/more><\/problem>$/)
})

test('a problem with a single error is still a list', async () => {
  const problem: Problem = { ...INVALID, errors: INVALID.errors?.slice(0, 1) ?? [] }
  const { body } = await answeredWith(async () => ({ kind: 'problem', problem }))
  assert.match(body, /<errors><i><line>3<\/line>.*<\/i><\/errors>/)
})

test('a problem is JSON where Accept prefers it', async () => {
  const json = await answeredWith(
    async () => ({ kind: 'problem', problem: INVALID }),
    {},
    { accept: 'application/json' },
  )
  assert.equal(json.headers['content-type'], 'application/problem+json')
  const parsed = JSON.parse(json.body)
  assert.equal(parsed.status, 400)
  assert.deepEqual(parsed.errors[0], { line: 3, column: 7, reason: "Element 'x' < y" })
  assert.equal(parsed.more, 5)
})

test('Retry-After of a problem is passed on', async () => {
  const problem: Problem = { status: 503, title: 'Queue full', retryAfter: 17 }
  const { status, headers } = await answeredWith(async () => ({ kind: 'problem', problem }))
  assert.equal(status, 503)
  assert.equal(headers['retry-after'], '17')
})

test('what accept throws is 503 with Retry-After, and nothing of it leaves', async () => {
  const secret = '/etc/gateway/secret.db'
  for (const error of [new Error(secret), new GatewayError('store-unavailable', secret), secret]) {
    const { status, headers, body, lines } = await answeredWith(async () => {
      throw error
    })
    assert.equal(status, 503)
    assert.match(headers['retry-after'] ?? '', /^\d+$/)
    assert.ok(!body.includes('secret'))
    const level = error instanceof GatewayError ? 'warn' : 'error'
    assert.ok(lines.some((line) => line.level === level && line.msg === 'RID message could not be taken'))
  }
})

test('accept that never answers is 503 after the deadline', async () => {
  const { status } = await answeredWith(() => new Promise(() => {}), { limits: { answer: 100 } })
  assert.equal(status, 503)
})

test('the same peer by fingerprint', async () => {
  const pinned = await root.issue({ cn: 'no name at all' })
  await using bench = await startBench({ peers: [peerConfig('pinned', { fingerprint: pinned.fingerprint256 })] })
  await using client = bench.client(pinned)
  assert.equal((await client.post('<a/>')).status, 200)
  assert.equal(bench.taken[0]?.peer.name, 'pinned')
})

test('each request leaves one log line, without its body', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  await client.post('<secret-body/>')
  await client.send({ path: '/x', body: '<secret-body/>' })
  const requests = bench.lines.filter((line) => line.msg === 'RID request')
  assert.deepEqual(
    requests.map(({ peer, method, status, bytes }) => ({ peer, method, status, bytes })),
    [
      { peer: 'csirt-a', method: 'POST', status: 200, bytes: 14 },
      { peer: 'csirt-a', method: 'POST', status: 404, bytes: 0 },
    ],
  )
  assert.equal(requests[0]?.request, bench.taken[0]?.id)
  assert.ok(!JSON.stringify(bench.lines).includes('secret-body'))
  assert.equal(bench.lines.length, 2)
})

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(0, '::', () => server.close(() => resolve(true)))
})

test('the default host takes IPv4 clients too', { skip: !hasIpv6 && 'this machine has no IPv6' }, async () => {
  await using bench = await startBench({ host: '::' })
  await using client = bench.client()
  assert.equal((await client.post('<a/>')).status, 200)
})

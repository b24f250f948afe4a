import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { eventually, within } from '../support/eventually.ts'
import type { Certificate } from '../support/pki.ts'
import { readUntilClose } from '../support/rid-client.ts'
import { type Bench, csirtA, peerConfig, pki, root, server, startBench } from './setup.ts'
import { pause } from './wire.ts'

after(() => pki.dispose())

const other = await pki.ca('other')
const gone = await root.issue({ cn: 'gone', dns: ['gone.example'] })
const PEERS = [peerConfig('csirt-a', { dns: 'csirt-a.example' }), peerConfig('gone', { dns: 'gone.example' })]

async function assertNoSession(bench: Bench, certificate: Certificate | null, reason: RegExp): Promise<void> {
  await using client = bench.client(certificate)
  await assert.rejects(client.post('<a/>'))
  assert.equal(bench.taken.length, 0)
  const refused = bench.lines.find(({ event }) => event === 'tls-refused')
  assert.match(String(refused?.reason), reason)
}

test('without a client certificate there is no TLS session', async () => {
  await using bench = await startBench()
  await assertNoSession(bench, null, /PEER_DID_NOT_RETURN_A_CERTIFICATE|UNABLE_TO_GET_ISSUER_CERT/)
})

test('a certificate of another CA gets no TLS session, also where its fingerprint is configured', async () => {
  const stranger = await other.issue({ cn: 'csirt-a', dns: ['csirt-a.example'] })
  await using bench = await startBench({ peers: [peerConfig('x', { fingerprint: stranger.fingerprint256 })] })
  await assertNoSession(bench, stranger, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/)
})

test('an expired certificate gets no TLS session', async () => {
  const expired = await root.issue({ cn: 'csirt-a', dns: ['csirt-a.example'], expired: true })
  await using bench = await startBench()
  await assertNoSession(bench, expired, /CERT_HAS_EXPIRED/)
})

test('a certificate for servers only gets no TLS session', async () => {
  const forServers = await root.issue({ cn: 'csirt-a', dns: ['csirt-a.example'], server: true })
  await using bench = await startBench()
  await assertNoSession(bench, forServers, /INVALID_PURPOSE/)
  const refused = bench.lines.find(({ event }) => event === 'tls-refused')
  assert.match(String(refused?.words), /extended key usage lacks clientAuth/)
})

test('a revoked certificate gets no TLS session, another of the same CA does', async () => {
  await using bench = await startBench({ peers: PEERS, tls: { crl: await root.crl([gone]) } })
  await assertNoSession(bench, gone, /CERT_REVOKED/)
  await using client = bench.client()
  assert.equal((await client.post('<a/>')).status, 200)
})

test('an expired CRL refuses everybody, and certificates() says when it ran out', async () => {
  await using bench = await startBench({ tls: { crl: await root.crl([], { expired: true }) } })
  await assertNoSession(bench, csirtA, /CRL_HAS_EXPIRED/)
  const crl = bench.listener.certificates().find(({ name }) => name === 'rid-crl')
  assert.equal(crl?.notAfter, Date.parse('2020-01-02T00:00:00Z'))
})

test('a file with two CRLs revokes from both: Node alone would read the first', async () => {
  const both = join(pki.dir, 'both.crl')
  const lists = [await other.crl([]), await root.crl([gone])].map((file) => readFileSync(file, 'utf8'))
  writeFileSync(both, lists.join(''))
  await using bench = await startBench({ peers: PEERS, tls: { crl: both } })
  await assertNoSession(bench, gone, /CERT_REVOKED/)
})

for (const [name, request] of [
  ['with a wildcard', { cn: 'csirt-a', dns: ['csirt-a.example', '*.example'] }],
  ['with the name inside another name', { cn: 'x', dns: ['good.example, DNS:csirt-a.example'] }],
  ['with the name in its CN only', { cn: 'csirt-a.example' }],
] as const) {
  test(`a certificate ${name} is nobody's: 403`, async () => {
    const certificate = await root.issue(request)
    await using bench = await startBench()
    await using client = bench.client(certificate)
    assert.equal((await client.post('<a/>')).status, 403)
    assert.equal(bench.taken.length, 0)
  })
}

test('TLS 1.1 is refused, 1.2 and 1.3 are not', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  const ciphers = 'DEFAULT@SECLEVEL=0'
  await assert.rejects(client.raw({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers }))
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await client.raw({ minVersion: version, maxVersion: version })
    assert.equal(socket.getProtocol(), version)
    socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    assert.match(await readUntilClose(socket), /^HTTP\/1\.1 204 /)
  }
})

test('a renegotiation cannot change who it is', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  const socket = await client.raw({ maxVersion: 'TLSv1.2' })
  socket.on('error', () => {})
  const outcome = await new Promise<string>((resolve) => {
    socket.on('close', () => resolve('closed'))
    setTimeout(resolve, 500, 'ignored')
    socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error ? 'refused' : 'renegotiated'))
  })
  assert.notEqual(outcome, 'renegotiated')
  socket.destroy()
})

test('a client that offers HTTP/1.0 alone is not refused in the handshake', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  const socket = await client.raw({ ALPNProtocols: ['http/1.0'] })
  assert.equal(socket.alpnProtocol, 'http/1.0')
  const received = readUntilClose(socket)
  socket.write('POST / HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>')
  assert.match(await received, /^HTTP\/1\.1 200 /)
})

test('HTTP/2 is not offered', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  const socket = await client.raw({ ALPNProtocols: ['h2', 'http/1.1'] })
  assert.equal(socket.alpnProtocol, 'http/1.1')
  socket.destroy()
})

/** An HTTP request over a connection of one's own, its response up to its headers. */
function ask(socket: TLSSocket, method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')))
    socket.once('close', () => reject(new Error('closed')))
    const type = method === 'POST' ? 'Content-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>' : '\r\n'
    socket.write(`${method} / HTTP/1.1\r\nHost: x\r\n${type}`)
  })
}

function closed(socket: Socket): Promise<void> {
  return within(30_000, 'the connection to be closed', closing(socket))
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

async function withFiles(): Promise<{ cert: string; key: string; ca: string; crl: string }> {
  const files = { cert: 'live.pem', key: 'live.key', ca: 'live-ca.pem', crl: 'live.crl' }
  const at = Object.fromEntries(Object.entries(files).map(([k, f]) => [k, join(pki.dir, f)])) as typeof files
  copyFileSync(server.cert, at.cert)
  copyFileSync(server.key, at.key)
  copyFileSync(root.cert, at.ca)
  copyFileSync(await root.crl([]), at.crl)
  return at
}

test('a CRL that is reloaded closes the connection of the revoked, keeps the others, and goes on refusing', async () => {
  const tls = await withFiles()
  await using bench = await startBench({ peers: PEERS, tls })
  await using goneClient = bench.client(gone)
  await using client = bench.client()
  const [revoked, kept] = [await goneClient.raw(), await client.raw()]
  revoked.on('error', () => {})
  assert.match(await ask(revoked, 'POST'), / 200 /)
  assert.match(await ask(kept), / 204 /)
  copyFileSync(await root.crl([gone]), tls.crl)
  bench.listener.reload()
  await closed(revoked)
  // served once more, and then asked to come again under the new files
  assert.match(await ask(kept, 'POST'), / 200 [\s\S]*connection: close/i)
  for (let i = 0; i < 3; i += 1) {
    await assert.rejects(goneClient.post('<a/>'), `reload ${i}`)
    assert.equal((await client.post('<a/>')).status, 200)
    bench.listener.reload()
  }
  assert.equal(bench.taken.filter((message) => message.peer.name === 'gone').length, 1)
})

test('no TLS session is resumed: each connection is looked at anew', async () => {
  await using bench = await startBench({ peers: PEERS })
  await using client = bench.client()
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const first = await client.raw({ minVersion: version, maxVersion: version })
    const tickets: Buffer[] = []
    first.on('session', (ticket: Buffer) => tickets.push(ticket))
    await ask(first)
    const session = tickets.at(-1) ?? first.getSession()
    first.destroy()
    assert.ok(session)
    const second = await client.raw({ minVersion: version, maxVersion: version, session })
    assert.equal(second.isSessionReused(), false, version)
    assert.match(await ask(second, 'POST'), / 200 /)
    second.destroy()
  }
})

test('a kept connection and a session ticket do not outlive the CRL', async () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    await using bench = await startBench({ peers: PEERS, tls: { crl: await root.crl([], { seconds: 3 }) } })
    await using client = bench.client()
    const kept = await client.raw({ maxVersion })
    kept.on('error', () => {})
    const announced = new Promise<Buffer>((resolve) => kept.once('session', resolve))
    assert.match(await ask(kept, 'POST'), / 200 /)
    const session = maxVersion === 'TLSv1.3' ? await announced : (kept.getSession() as Buffer)
    const { notAfter } = bench.listener.certificates().find(({ name }) => name === 'rid-crl') ?? { notAfter: 0 }
    await pause(notAfter - Date.now() + 50)
    await assert.rejects(ask(kept, 'POST'))
    await assert.rejects(async () => ask(await client.raw({ maxVersion, session }), 'POST'))
    await assert.rejects(client.post('<a/>'))
    assert.equal(bench.taken.length, 1)
    assert.ok(bench.lines.some(({ event }) => event === 'rid-trust-ended'))
  }
})

test('a CRL of a CA that a peer does not hang on ends nothing of it', async () => {
  const both = join(pki.dir, 'one-expired.crl')
  const lists = [await other.crl([], { expired: true }), await root.crl([])].map((file) => readFileSync(file, 'utf8'))
  writeFileSync(both, lists.join(''))
  await using bench = await startBench({ peers: PEERS, tls: { crl: both } })
  await using client = bench.client(csirtA, { keepAlive: true })
  for (let i = 0; i < 2; i += 1) assert.equal((await client.post('<a/>')).status, 200)
})

test('a peer below an intermediate CA is served, and out as soon as that CA is revoked', async () => {
  const between = await root.intermediate('between')
  const peer = await between.issue({ cn: 'csirt-a', dns: ['csirt-a.example'] })
  const tls = { ...(await withFiles()), crl: join(pki.dir, 'two.crl') }
  const lists = async (...revoked: Certificate[]) => {
    const files = [await root.crl(revoked), await between.crl([])]
    writeFileSync(tls.crl, files.map((file) => readFileSync(file, 'utf8')).join(''))
  }
  await lists()
  await using bench = await startBench({ peers: PEERS, tls })
  await using client = bench.client(peer)
  const socket = await client.raw()
  socket.on('error', () => {})
  for (let i = 0; i < 2; i += 1) assert.match(await ask(socket, 'POST'), / 200 /)
  const { serialNumber: serial } = new X509Certificate(readFileSync(between.cert))
  await lists({ ...csirtA, serial })
  bench.listener.reload()
  await closed(socket)
  await assert.rejects(client.post('<a/>'))
})

test('a connection of some age is asked to come again, and ended in the end', async () => {
  await using bench = await startBench({ limits: { age: 1_000, write: 100 } })
  await using client = bench.client()
  const [talker, mute] = [await client.raw(), await client.raw()]
  mute.on('error', () => {})
  assert.doesNotMatch(await ask(talker, 'POST'), /connection: close/i)
  await pause(1_050)
  assert.match(await ask(talker, 'POST'), / 200 [\s\S]*connection: close/i)
  await closed(talker)
  await closed(mute)
})

test('suites of TLS 1.2 without forward secrecy or authenticated encryption are refused', async () => {
  await using bench = await startBench()
  await using client = bench.client()
  for (const ciphers of [
    'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-ECDSA-AES256-SHA',
    'ECDHE-ECDSA-AES128-CCM',
    'AES128-GCM-SHA256',
    'eNULL',
    'aNULL',
  ]) {
    const options = { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` } as const
    await assert.rejects(client.raw(options), ciphers)
  }
  const taken = await client.raw({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })
  taken.destroy()
})

test('a handshake begun before a reload does not end in a session after it', async () => {
  const tls = await withFiles()
  await using bench = await startBench({ peers: PEERS, tls, limits: { handshake: 120_000 } })
  const socket = connect(bench.port, '127.0.0.1')
  socket.on('error', () => {})
  await eventually('its connection', () => bench.listener.connections() > 0, { every: 5 })
  bench.listener.reload()
  await within(10_000, 'it to be closed', closing(socket))
  await eventually('no connection to be left', () => bench.listener.connections() === 0)
})

test('a CA that is taken away closes the connections that hang on it', async () => {
  const tls = await withFiles()
  await using bench = await startBench({ peers: PEERS, tls })
  await using client = bench.client()
  const socket = await client.raw()
  await ask(socket)
  copyFileSync(other.cert, tls.ca)
  copyFileSync(await other.crl([]), tls.crl)
  bench.listener.reload()
  await closed(socket)
  await assert.rejects(client.post('<a/>'))
})

test('a new certificate is shown to new connections', async () => {
  const tls = await withFiles()
  await using bench = await startBench({ tls })
  await using client = bench.client()
  const next = await root.issue({ cn: 'gateway', dns: ['localhost'], days: 10 })
  const before = await client.raw()
  await ask(before)
  copyFileSync(next.cert, tls.cert)
  copyFileSync(next.key, tls.key)
  bench.listener.reload()
  const after = await client.raw()
  assert.equal(before.getPeerX509Certificate()?.fingerprint256, server.fingerprint256)
  assert.equal(after.getPeerX509Certificate()?.fingerprint256, next.fingerprint256)
  const own = bench.listener.certificates().find(({ name }) => name === 'rid-certificate')
  assert.ok((own?.notAfter ?? 0) < Date.now() + 11 * 86_400_000)
  before.destroy()
  after.destroy()
})

test('files that cannot be used change nothing', async () => {
  const tls = await withFiles()
  copyFileSync(await root.crl([gone]), tls.crl)
  await using bench = await startBench({ peers: PEERS, tls })
  for (const [file, bytes] of [
    [tls.crl, ''],
    [tls.key, 'not a key'],
    [tls.cert, ''],
  ] as const) {
    writeFileSync(file, bytes)
    assert.throws(() => bench.listener.reload(), { code: 'config-invalid' })
  }
  await using client = bench.client()
  assert.equal((await client.post('<a/>')).status, 200)
  await using goneClient = bench.client(gone)
  await assert.rejects(goneClient.post('<a/>'))
})

test('one client cannot take all connections', async () => {
  await using bench = await startBench({ peers: PEERS, ridLimits: { connections: 3 } })
  await using client = bench.client()
  const sockets = await Promise.all([client.raw(), client.raw(), client.raw()])
  const more = [await client.raw(), await client.raw(), await client.raw(), await client.raw()]
  const eighth = await client.raw()
  eighth.on('error', () => {})
  await closed(eighth)
  assert.ok(bench.lines.some(({ event }) => event === 'rid-connections-peer'))
  for (const socket of more) socket.destroy()
  await using another = bench.client(gone)
  assert.equal((await another.post('<a/>')).status, 200)
  sockets[0]?.destroy()
  await closed(sockets[0] as TLSSocket)
  await eventually('two connections to be left', () => bench.listener.connections() === 2)
  assert.equal((await client.post('<a/>')).status, 200)
  for (const socket of sockets) socket.destroy()
})

test('a client that never finishes its handshake is cut off', async () => {
  await using bench = await startBench({ limits: { handshake: 200 } })
  const socket = connect(bench.port, '127.0.0.1')
  socket.on('error', () => {})
  await closed(socket)
  assert.match(JSON.stringify(bench.lines), /ERR_TLS_HANDSHAKE_TIMEOUT/)
})

test('plain HTTP on the port is no TLS session', async () => {
  await using bench = await startBench()
  const socket = connect(bench.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await closed(socket)
  assert.match(JSON.stringify(bench.lines), /tls-refused/)
})

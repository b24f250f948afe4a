import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { readUntilClose } from '../support/rid-client.ts'
import { pki, root, startBench } from './setup.ts'
import { exchange, HEAD, LAST, pause, post, wire } from './wire.ts'

after(() => pki.dispose())

const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`
/** `n` chunks of one byte each */
const crumbs = (n: number) => '1\r\nx\r\n'.repeat(n)
/** `n` bytes in a TLS record each: one is written when the last has left. */
async function drip(socket: TLSSocket, n: number): Promise<void> {
  socket.setNoDelay(true)
  for (let sent = 0; sent < n && socket.writable; sent += 1) {
    await new Promise((resolve) => socket.write('x', resolve))
  }
}

const LARGE = { maxMessage: 1_048_576 }

test('a body in chunks of one byte ends with 400 after a thousand of them, not with all memory', async () => {
  await using w = await wire({ ...LARGE, limits: { linger: 100 } })
  const received = readUntilClose(w.socket)
  w.socket.write(CHUNKED)
  for (let sent = 0; sent < 1_000_000 && w.socket.writable; sent += 10_000) {
    if (!w.socket.write(crumbs(10_000))) await Promise.race([pause(20), received])
  }
  const text = await received
  assert.match(text, /^HTTP\/1\.1 400 [\s\S]*connection: close[\s\S]*pieces/i)
  assert.equal(w.bench.taken.length, 0)
  // what the buffers between the two hold, and no more
  assert.ok(w.socket.bytesWritten < 6_000_000, `${w.socket.bytesWritten} of 6,000,000 bytes were read`)
})

test('a body in chunks of one byte that came whole ends the connection too', async () => {
  const { statuses, text } = await exchange(`${CHUNKED}${crumbs(2_000)}0\r\n\r\n`, LARGE)
  assert.deepEqual(statuses, [400])
  assert.match(text, /connection: close/i)
})

test('a body in TLS records of one byte is given up on alike', async () => {
  await using w = await wire({ ...LARGE, limits: { linger: 100 } })
  const received = readUntilClose(w.socket)
  w.socket.write(`${HEAD}Content-Length: 20000\r\n\r\n`)
  await drip(w.socket, 3_000)
  assert.match(await received, /^HTTP\/1\.1 400 [\s\S]*pieces/i)
  assert.equal(w.bench.taken.length, 0)
})

test('a thousand small chunks are taken, and many of a fair size', async () => {
  const small = `${CHUNKED.replace(HEAD, HEAD + LAST)}${crumbs(1_000)}0\r\n\r\n`
  assert.deepEqual((await exchange(small, LARGE)).statuses, [200])
  const fair = `50\r\n${'x'.repeat(80)}\r\n`.repeat(4_000)
  const { statuses, taken } = await exchange(`${CHUNKED.replace(HEAD, HEAD + LAST)}${fair}0\r\n\r\n`, LARGE)
  assert.deepEqual(statuses, [200])
  assert.equal(taken[0]?.length, 320_000)
})

test('a message that waits for its turn is not kept in as many buffers as it has chunks', async () => {
  const { promise: first, resolve: answerFirst } = Promise.withResolvers<void>()
  await using w = await wire({
    ...LARGE,
    limits: { linger: 100 },
    accept: async () => {
      await first
      return { kind: 'reply', xml: '<a/>' }
    },
  })
  const received = readUntilClose(w.socket)
  const before = process.memoryUsage().heapUsed
  w.socket.write(post('<a/>'))
  w.socket.write(CHUNKED + crumbs(60_000))
  await pause(500)
  const kept = process.memoryUsage().heapUsed - before
  answerFirst()
  assert.match(await received, /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 400 /)
  // 60,000 buffers are some 24 MB
  assert.ok(kept < 12_000_000, `${kept} bytes`)
})

test('a large chunked message behind a slow one is taken whole', async () => {
  const big = 'x'.repeat(300_000)
  const { statuses, taken } = await exchange(
    `${post('<a/>')}${CHUNKED.replace(HEAD, HEAD + LAST)}${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`,
    { ...LARGE, accept: async () => pause(200).then(() => ({ kind: 'reply', xml: '<a/>' })) },
  )
  assert.deepEqual(statuses, [200, 200])
  assert.equal(taken[1]?.length, big.length)
})

test('a stranger is told 403, and nothing of its chunked body is read', async () => {
  await using bench = await startBench({ ...LARGE, limits: { linger: 1_000, lingerBytes: 1_000_000_000 } })
  const stranger = await root.issue({ cn: 'nobody', dns: ['nobody.example'] })
  await using client = bench.client(stranger)
  const socket = await client.raw()
  socket.on('error', () => {})
  const received = readUntilClose(socket)
  socket.write(CHUNKED)
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  for (let sent = 0; sent < 2_000 && socket.writable; sent += 1) {
    if (!socket.write(chunk)) await Promise.race([pause(5), received])
  }
  assert.match(await received, /^HTTP\/1\.1 403 [\s\S]*connection: close/i)
  // what the kernel's buffers hold, and no more
  assert.ok(socket.bytesWritten - socket.writableLength < 16_000_000, `${socket.bytesWritten}`)
})

test("a stranger's small body is read to its end, so that the answer is not lost", async () => {
  await using bench = await startBench(LARGE)
  const stranger = await root.issue({ cn: 'nobody', dns: ['nobody.example'] })
  await using client = bench.client(stranger, { keepAlive: true })
  for (let i = 0; i < 3; i += 1) assert.equal((await client.post('x'.repeat(500_000))).status, 403)
  assert.equal(bench.listener.connections(), 1)
})

test('what follows a refusal in TLS records of one byte ends the connection', async () => {
  await using w = await wire(LARGE)
  const received = readUntilClose(w.socket)
  w.socket.write(`POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 1000000\r\n\r\n`)
  await drip(w.socket, 3_000)
  assert.match(await received, /^HTTP\/1\.1 404 /)
})

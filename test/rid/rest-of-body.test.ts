import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import { describe, test } from 'node:test'
import { linger, restOf, turnDeaf } from '../../src/rid/rest-of-body.ts'
import { within } from '../support/eventually.ts'
import { request } from './fake-request.ts'

describe('the rest of a body that nobody asked for', () => {
  const rest = (headers: Record<string, string>, how: Partial<Parameters<typeof restOf>[1]> = {}, complete = false) =>
    restOf({ headers, complete } as unknown as IncomingMessage, {
      maxMessage: 1000,
      expectant: false,
      stranger: false,
      crumbs: false,
      ...how,
    })
  const lawful = { 'content-length': '1000' }
  const chunked = { 'transfer-encoding': 'chunked' }

  test('is nothing where none is announced, or all of it came', () => {
    assert.equal(rest({}), 'nothing')
    assert.equal(rest({ 'content-length': '0' }), 'nothing')
    assert.equal(rest(lawful, {}, true), 'nothing')
    assert.equal(rest(chunked, { crumbs: true }, true), 'nothing')
  })

  test('of lawful length is thrown away, whoever sends it', () => {
    assert.equal(rest(lawful), 'discard')
    assert.equal(rest(lawful, { stranger: true }), 'discard')
  })

  test('that is too long, of no length or only perhaps sent ends the connection; of a stranger none of it is read', () => {
    for (const [headers, how] of [
      [{ 'content-length': '1001' }, {}],
      [chunked, {}],
      [lawful, { expectant: true }],
    ] as const) {
      assert.equal(rest(headers, how), 'linger')
      assert.equal(rest(headers, { ...how, stranger: true }), 'deaf')
    }
  })

  test('in crumbs is not read, whatever its length', () => {
    assert.equal(rest(lawful, { crumbs: true }), 'deaf')
    assert.equal(rest(chunked, { crumbs: true }), 'deaf')
  })
})

describe('what a refused client still sends', () => {
  test('is thrown away until its end', async () => {
    const sending = request(['x'.repeat(1000)])
    await linger(sending, 60_000, 10_000)
    assert.equal(sending.read(), null)
    for (const event of ['data', 'end', 'close', 'error']) assert.equal(sending.listenerCount(event), 0, event)
  })

  test('is thrown away for so many bytes, and so many ms, at most', async () => {
    const flooding = request(['x'.repeat(1000)], { open: true })
    assert.equal(await linger(flooding, 60_000, 999), false)
    const silent = request([], { open: true })
    await linger(silent, 5, 1000)
    const exactly = request(['x'.repeat(1000)], { open: true })
    const began = performance.now()
    await linger(exactly, 50, 1000)
    assert.ok(performance.now() - began > 40, 'it was waited for more')
  })

  test('is no matter when it goes away', async () => {
    const going = request([], { open: true })
    const lingering = linger(going, 60_000, 1000)
    going.destroy()
    await lingering
  })

  test('is not thrown away piece by piece where the pieces are crumbs', async () => {
    const crumbs = request([], { open: true })
    const lingering = linger(crumbs, 60_000, 1_000_000)
    for (let i = 0; i < 2_000; i += 1) {
      crumbs.push('x')
      if (i % 100 === 0) await new Promise(setImmediate)
    }
    assert.equal(await lingering, false)
  })

  test('is not read at all by who turned deaf, for so many ms or until the client goes', async () => {
    const sending = request(['x'], { open: true })
    await turnDeaf(sending, 5)
    assert.ok(sending.socket.isPaused())
    const going = turnDeaf(sending, 60_000)
    sending.socket.emit('close')
    await going
  })
})

const HOUR = 3_600_000

test('nobody waits for the rest of a body whose client went away before its answer was made', async () => {
  const socket = new Socket()
  const gone = new IncomingMessage(socket)
  gone.destroy()
  await once(gone, 'close')
  assert.equal(await within(5_000, 'the end', linger(gone, HOUR, 1000)), false)
  socket.destroy()
  if (!socket.closed) await once(socket, 'close')
  await within(5_000, 'the end', turnDeaf(gone, HOUR))
})

test('nobody waits for the rest of a body whose client goes away once it has its answer', async () => {
  const { promise: lingering, resolve } = Promise.withResolvers<Promise<boolean>>()
  const server = createServer((request, response) => {
    resolve(linger(request, HOUR, 1000))
    response.end('refused')
  }).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    client.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nbegun')
    await once(client, 'data')
    client.destroy()
    assert.equal(await within(5_000, 'the end', lingering), false)
  } finally {
    server.close()
  }
})

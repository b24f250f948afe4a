import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isUnread, linger, readBody } from '../../src/rid/body.ts'

/** A request as far as its body goes: these pieces, and then the end unless `open`. */
function request(pieces: readonly string[], { open = false } = {}): IncomingMessage {
  const stream = new Readable({ read() {} })
  for (const piece of pieces) stream.push(piece)
  if (!open) stream.push(null)
  return stream as IncomingMessage
}

describe('a body', () => {
  test('is read whole, up to its limit, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ minLength: 1 }), { maxLength: 8 }), async (pieces) => {
        const whole = Buffer.from(pieces.join(''))
        const body = await readBody(request(pieces), whole.length)
        assert.deepEqual(body.kind === 'body' && Buffer.from(body.bytes), whole)
        if (whole.length > 0) assert.deepEqual(await readBody(request(pieces), whole.length - 1), { kind: 'too-large' })
      }),
    )
  })

  test('over its limit is told at once: nothing is waited for, and no more is read', async () => {
    const endless = request(['x'.repeat(11)], { open: true })
    assert.deepEqual(await readBody(endless, 10), { kind: 'too-large' })
    assert.ok(endless.isPaused())
    for (const event of ['data', 'end', 'close', 'error']) assert.equal(endless.listenerCount(event), 0, event)
  })

  test('whose sender went away is told so, whenever that was', async () => {
    const going = request(['x'], { open: true })
    const read = readBody(going, 10)
    going.destroy()
    assert.deepEqual(await read, { kind: 'aborted' })
    assert.deepEqual(await readBody(going, 10), { kind: 'aborted' })
    const failing = request(['x'], { open: true })
    const failed = readBody(failing, 10)
    failing.on('error', () => {})
    failing.destroy(new Error('ECONNRESET'))
    assert.deepEqual(await failed, { kind: 'aborted' })
  })
})

test('a body is unread where one is announced that has not come whole', () => {
  const unread = (headers: Record<string, string>, complete = false) =>
    isUnread({ headers, complete } as unknown as IncomingMessage)
  assert.ok(unread({ 'content-length': '1' }))
  assert.ok(unread({ 'transfer-encoding': 'chunked' }))
  assert.ok(!unread({ 'content-length': '0' }))
  assert.ok(!unread({}))
  assert.ok(!unread({ 'content-length': '1' }, true))
  assert.ok(!unread({ 'transfer-encoding': 'chunked' }, true))
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
    await linger(flooding, 60_000, 999)
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
})

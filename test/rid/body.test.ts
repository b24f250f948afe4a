import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { beginBody } from '../../src/rid/body.ts'
import { request } from './fake-request.ts'

const readBody = (body: IncomingMessage, limit: number) => beginBody(body, limit).whole()

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
    assert.ok(endless.socket.isPaused())
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

  test('is not read on before it is asked for, beyond 64 KiB', async () => {
    const large = request([], { open: true })
    const reader = beginBody(large, 1_000_000)
    for (let i = 0; i < 10; i += 1) large.push('x'.repeat(10_000))
    await new Promise(setImmediate)
    assert.ok(large.socket.isPaused())
    const read = reader.whole()
    assert.ok(!large.socket.isPaused())
    large.push(null)
    const body = await read
    assert.equal(body.kind === 'body' && body.bytes.length, 100_000)
  })

  test('that was there whole before it was asked for leaves the connection to what comes behind it', async () => {
    const large = request([], { open: true })
    const reader = beginBody(large, 1_000_000)
    large.push('x'.repeat(100_000))
    large.push(null)
    await new Promise(setImmediate)
    const body = await reader.whole()
    assert.equal(body.kind === 'body' && body.bytes.length, 100_000)
    large.socket.resume()
    assert.ok(!large.socket.isPaused())
  })

  test('in crumbs is given up on, and no more of it is read, whoever wakes its socket', async () => {
    const crumbs = request([], { open: true })
    const reader = beginBody(crumbs, 1_000_000)
    for (let i = 0; i < 2_000; i += 1) {
      crumbs.push('x')
      if (i % 100 === 0) await new Promise(setImmediate)
    }
    assert.deepEqual(await reader.whole(), { kind: 'crumbs' })
    crumbs.socket.resume()
    assert.ok(crumbs.socket.isPaused())
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedBytes, LEAST, PIECES } from '../../src/rid/bounded-bytes.ts'

test('what went in comes out, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 50 }), (pieces) => {
      const read = new BoundedBytes(1_000_000)
      for (const piece of pieces) assert.equal(read.add(piece), undefined)
      assert.deepEqual(Buffer.from(read.take()), Buffer.concat(pieces))
    }),
  )
})

test('the first byte over the limit is one too many, and nothing is kept', () => {
  const read = new BoundedBytes(10)
  assert.equal(read.add(Buffer.alloc(10)), undefined)
  assert.equal(read.add(Buffer.alloc(1)), 'too-large')
  assert.equal(read.size, 0)
  assert.equal(read.take().length, 0)
})

test('one byte at a time is given up on after as many as make no difference', () => {
  const read = new BoundedBytes(1_000_000)
  for (let i = 0; i < PIECES; i += 1) assert.equal(read.add(Buffer.from('x')), undefined)
  assert.equal(read.add(Buffer.from('x')), 'crumbs')
})

test('many pieces of a fair size are no crumbs', () => {
  const read = new BoundedBytes(10_000_000)
  for (let i = 0; i < 20 * PIECES; i += 1) assert.equal(read.add(Buffer.alloc(LEAST)), undefined)
})

test('what was kept of a piece is a copy: the buffer that it came in is free', () => {
  const read = new BoundedBytes(100)
  const piece = Buffer.from('abc')
  read.add(piece)
  piece.fill(0)
  const taken = read.take()
  assert.equal(Buffer.from(taken).toString(), 'abc')
  assert.equal(taken.buffer.byteLength, 3)
})

test('what a body grows out of is free at once, and no room is made for what is only said to come', () => {
  const read = new BoundedBytes(1_000_000, 600_000)
  const external = () => process.memoryUsage().arrayBuffers
  const piece = Buffer.alloc(10_000)
  read.add(piece)
  const before = external()
  read.add(piece)
  assert.ok(external() - before < 100_000)
  for (let n = 2; n < 60; n += 1) read.add(piece)
  // the last buffer alone, of just that size
  assert.ok(external() - before < 650_000, `${external() - before} bytes`)
  assert.equal(read.take().buffer.byteLength, 600_000)
})

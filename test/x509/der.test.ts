import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { elementsOf, TAG, timeOf } from '../../src/x509/der.ts'

/** DER of an element (X.690 §8.1). */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const bytes =
    length < 0x80
      ? []
      : (length
          .toString(16)
          .padStart(length.toString(16).length & 1 ? length.toString(16).length + 1 : 0, '0')
          .match(/../g) ?? [])
  const header = length < 0x80 ? [length] : [0x80 | bytes.length, ...bytes.map((hex) => Number.parseInt(hex, 16))]
  return Buffer.concat([Buffer.from([tag, ...header]), content])
}

describe('DER elements', () => {
  test('stand one behind the other, with their headers', () => {
    const [one, two, ...more] = elementsOf(Buffer.from('0201053003020107', 'hex'))
    assert.deepEqual(more, [])
    assert.equal(one?.tag, TAG.integer)
    assert.deepEqual(one?.content, Buffer.from([5]))
    assert.deepEqual(one?.bytes, Buffer.from('020105', 'hex'))
    assert.equal(two?.tag, TAG.sequence)
    assert.deepEqual(elementsOf(two?.content ?? Buffer.alloc(0))[0]?.content, Buffer.from([7]))
    assert.deepEqual(elementsOf(Buffer.alloc(0)), [])
  })

  test('are read as they were written, short and long', () => {
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.constantFrom(0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), lengths), { maxLength: 4 }), (parts) => {
        const written = parts.map(([tag, length]) => ({ tag, content: Buffer.alloc(length, tag) }))
        const bytes = Buffer.concat(written.map(({ tag, content }) => der(tag, content)))
        assert.deepEqual(
          elementsOf(bytes).map(({ tag, content }) => ({ tag, content })),
          written,
        )
      }),
    )
  })

  test('that are cut short, or are BER, throw RangeError and nothing else', () => {
    for (const hex of ['02', '0202', '020205', '0284ffffffff', '0281'])
      assert.throws(() => elementsOf(Buffer.from(hex, 'hex')), RangeError, hex)
    for (const hex of ['0280050000', '02850000000000'])
      assert.throws(() => elementsOf(Buffer.from(hex, 'hex')), { name: 'RangeError', message: 'not a DER length' }, hex)
    assert.throws(() => elementsOf(Buffer.from('020205', 'hex')), { message: 'DER element is cut short' })
    assert.equal(elementsOf(Buffer.from('028400000000', 'hex')).length, 1)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          elementsOf(Buffer.from(bytes))
        } catch (error) {
          assert.ok(error instanceof RangeError)
        }
      }),
    )
  })
})

describe('times (RFC 5280 §4.1.2.5)', () => {
  const time = (tag: number, text: string) => timeOf({ tag, content: Buffer.from(text), bytes: Buffer.alloc(0) })
  test('have two digits of the year, from 1950 to 2049, or four', () => {
    assert.equal(time(TAG.utcTime, '260102030405Z'), Date.parse('2026-01-02T03:04:05Z'))
    assert.equal(time(TAG.utcTime, '491231235959Z'), Date.parse('2049-12-31T23:59:59Z'))
    assert.equal(time(TAG.utcTime, '500101000000Z'), Date.parse('1950-01-01T00:00:00Z'))
    assert.equal(time(TAG.generalizedTime, '20500101000000Z'), Date.parse('2050-01-01T00:00:00Z'))
  })

  test('that are none are not a number', () => {
    for (const text of ['', '26', 'abcdefghijklZ', '261301000000Z'])
      assert.ok(Number.isNaN(time(TAG.utcTime, text)), text)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { inPieces } from '../../src/xml/chunked-replace.ts'
import { runs } from '../support/arbitraries.ts'

const SIZE = 65_536

/** The pieces that it hands out. */
function piecesOf(text: string, cut?: (text: string, end: number) => number): string[] {
  const pieces: string[] = []
  const kept = inPieces(
    text,
    (piece) => {
      pieces.push(piece)
      return piece
    },
    cut,
  )
  assert.equal(kept, text)
  return pieces
}

describe('a long text', () => {
  test('is replaced in pieces of 65,536 characters, a short one at once', () => {
    const lengths = (n: number) => piecesOf('x'.repeat(n)).map(({ length }) => length)
    assert.deepEqual(lengths(0), [0])
    assert.deepEqual(lengths(SIZE), [SIZE])
    assert.deepEqual(lengths(SIZE + 1), [SIZE, 1])
    assert.deepEqual(lengths(3 * SIZE), [SIZE, SIZE, SIZE])
  })

  test('is cut where it may be', () => {
    const text = `${'x'.repeat(SIZE - 2)}12345${'y'.repeat(10)}`
    const pieces = piecesOf(text, (whole, end) => whole.lastIndexOf('1', end - 1))
    assert.deepEqual(
      pieces.map(({ length }) => length),
      [SIZE - 2, 15],
    )
  })

  test('is one piece where it may not be cut at all', () => {
    const text = 'x'.repeat(3 * SIZE)
    assert.deepEqual(
      piecesOf(text, () => 0),
      [text],
    )
    // not cut in front of where the piece begins
    assert.equal(piecesOf(text, (_, end) => (end === SIZE ? SIZE : 10)).length, 2)
  })

  test('comes out as if it were replaced at once', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '𠮷'), { maxLength: 20 })
    fc.assert(
      fc.property(letters, fc.integer({ min: 1, max: 9 }), (some, times) => {
        const text = some.join('').repeat(times * 2_000)
        const replace = (piece: string) => piece.replace(/a/g, '<&>')
        assert.equal(inPieces(text, replace), replace(text))
      }),
      runs(10),
    )
  })
})

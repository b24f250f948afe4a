import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chained, hashOf, NOTHING, readChain, TORN } from '../../src/audit/chain.ts'

/** Lines of so many entries, each `{ who, what, n }`. */
function chain(count: number): string[] {
  let head = NOTHING
  return Array.from({ length: count }, (_, n) => {
    const next = chained(head, n * 1000, { who: 'gateway', what: 'x', n })
    head = next.head
    return next.line
  })
}

const bytes = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''))

describe('a chain of entries', () => {
  test('is whole as it was written, and its head is the last', () => {
    const lines = chain(5)
    const reading = readChain(bytes(lines))
    assert.equal(reading.broken, undefined)
    assert.deepEqual(reading.head, { seq: 5, hash: hashOf(lines[4] ?? '') })
    assert.deepEqual([reading.entries, reading.lines, reading.tail.length], [5, 5, 0])
  })

  test('is broken behind an entry that was changed', () => {
    const lines = chain(5)
    lines[2] = (lines[2] ?? '').replace('"n":2', '"n":7')
    assert.equal(readChain(bytes(lines)).broken?.line, 4)
  })

  test('is broken where an entry was taken out, put in twice, or two changed places', () => {
    const lines = chain(5)
    assert.equal(readChain(bytes(lines.toSpliced(2, 1))).broken?.line, 3)
    assert.equal(readChain(bytes(lines.toSpliced(2, 0, lines[1] ?? ''))).broken?.line, 3)
    assert.equal(readChain(bytes([0, 2, 1, 3, 4].map((i) => lines[i] ?? ''))).broken?.line, 2)
  })

  test('is broken at its first line where its beginning was cut off', () => {
    assert.match(readChain(bytes(chain(5).slice(2))).broken?.reason ?? '', /begins with entry 3/)
  })

  test('is broken where a line is no entry, unless a later entry says that it was cut short', () => {
    const lines = chain(2)
    const head = readChain(bytes(lines)).head ?? NOTHING
    const said = chained(head, 0, { who: 'gateway', what: TORN, sha256: hashOf('{"seq":3,') }).line
    const torn = readChain(bytes([...lines, '{"seq":3,', said]))
    assert.equal(torn.broken, undefined)
    assert.equal(torn.torn[0]?.line, 3)
    assert.equal(readChain(bytes([...lines, '{"seq":4,', said])).broken?.line, 3)
    const other = chained(head, 0, { who: 'gateway', what: 'x' }).line
    assert.equal(readChain(bytes([...lines, '{"seq":3,', other])).broken?.line, 3)
  })

  test('shows what stands behind its last entry', () => {
    const reading = readChain(Buffer.concat([bytes(chain(2)), Buffer.from('{"seq":3,"at')]))
    assert.equal(reading.broken, undefined)
    assert.equal(reading.tail.toString(), '{"seq":3,"at')
  })
})

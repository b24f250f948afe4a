import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitting } from '../../src/relay/fitting-parts.ts'
import type { Part } from '../../src/relay/part.ts'

const part = (...incidents: string[]) => ({ incidents, shell: '<IODEF-Document></IODEF-Document>' }) as unknown as Part

test('parts that have no identifier, or each its own, are one list in their order', () => {
  const parts = [part('<a/>'), part('<System observable-id="1">'), part('<IndicatorID name="x">2</IndicatorID>')]
  assert.deepEqual(fitting(parts), [parts])
  assert.deepEqual(fitting([part('<a/>')]).length, 1)
})

test('one that uses an identifier of another stands in another list, whichever kind of identifier it is', () => {
  const one = part('<System observable-id="i">')
  for (const other of ['<IndicatorID name="x"> i </IndicatorID>', '<Signature Id="i">', '<a observable-id="i">']) {
    const two = part(other)
    const three = part('<a/>')
    assert.deepEqual(fitting([one, two, three]), [[one, three], [two]])
  }
})

test('very many parts that use one identifier beside very many of their own hold nobody up', () => {
  const timed = (last: string) => {
    const own = (i: number) => Array.from({ length: 1_000 }, (_, j) => `<a Id="${i}-${j}"/>`)
    const parts = Array.from({ length: 500 }, (_, i) => part(...own(i), last))
    const began = performance.now()
    return { lists: fitting(parts).length, ms: performance.now() - began }
  }
  const apart = timed('<a/>')
  const shared = timed('<a Id="x"/>')
  assert.deepEqual([apart.lists, shared.lists], [1, 500])
  assert.ok(shared.ms < 8 * apart.ms, `${shared.ms} ms, and ${apart.ms} ms without it`)
})

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

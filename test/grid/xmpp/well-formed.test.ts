import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { elementFlaw } from '../../../src/grid/xmpp/well-formed.ts'

describe('what is written into the stream', () => {
  test('is one well-formed element', () => {
    assert.equal(elementFlaw('<a b="c"><d/>text &amp; <e>f</e></a>'), undefined)
    assert.equal(elementFlaw('<a/>'), undefined)
    for (const text of [
      '',
      'x',
      '<a>',
      '<a></b>',
      '<a/><b/>',
      '<a/> ',
      '<!-- --><a/>',
      '<a>&b;</a>',
      '<a><!-- --></a>',
      '<a>x',
    ]) {
      assert.notEqual(elementFlaw(text), undefined, text)
    }
  })
})

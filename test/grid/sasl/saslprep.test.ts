import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { SaslError } from '../../../src/grid/sasl/mechanism.ts'
import { saslprep } from '../../../src/grid/sasl/saslprep.ts'
import { anyText, runs } from '../../support/arbitraries.ts'

describe('SASLprep', () => {
  // RFC 4013 §3
  for (const [input, output] of [
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
  ] as const) {
    test(`makes ${JSON.stringify(output)} of ${JSON.stringify(input)}, as in the RFC`, () => {
      assert.equal(saslprep(input), output)
    })
  }

  test('makes a space of every other space, and nothing of what is not seen', () => {
    assert.equal(saslprep('a\u00a0b\u3000c\u1680d'), 'a b c d')
    assert.equal(saslprep('\ufeffa\u200b\u200d\ufe0fb\u2060'), 'ab')
  })

  test('makes one of what looks the same', () => {
    assert.equal(saslprep('e\u0301'), saslprep('\u00e9'))
    assert.equal(saslprep('ﬁ'), 'fi')
  })

  for (const forbidden of [
    '\u0007',
    '\u007f',
    '\u0085',
    '\ue000',
    '\u2028',
    '\u200e',
    '\ufffd',
    '\ufdd0',
    '\uffff',
    '\ud800',
    '\u{e0041}',
    '\u{1d173}',
    '\u2ff0',
  ]) {
    test(`refuses U+${forbidden.codePointAt(0)?.toString(16)}`, () => {
      assert.throws(() => saslprep(`a${forbidden}b`), SaslError)
    })
  }

  test('has nothing more to do the second time', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        let once: string
        try {
          once = saslprep(text)
        } catch (error) {
          assert.ok(error instanceof SaslError)
          return
        }
        assert.equal(saslprep(once), once)
      }),
      runs(50),
    )
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'abcXYZ019 -_@.') }), (text) => saslprep(text) === text))
  })
})

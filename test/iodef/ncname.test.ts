import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identifierFlaw } from '../../src/iodef/ncname.ts'

test('names without colon are identifiers', () => {
  for (const id of ['_', 'a', 'a-1.b', 'žluť', '一番', 'a\u0301', '\u{1F512}a'])
    assert.equal(identifierFlaw(id), undefined, id)
})

test('what keeps a text from being an identifier is told', () => {
  for (const [id, flaw] of [
    ['', 'It is empty.'],
    ['a b', 'There may be no white space in an ID.'],
    ['\u00a0a', 'There may be no white space in an ID.'],
    ['a:b', 'There may be no colon in an ID.'],
    ['7', 'It must start with a letter or _, as _7.'],
    ['-a', 'It must start with a letter or _, as _-a.'],
    ['1'.repeat(30), `It must start with a letter or _, as _${'1'.repeat(20)}….`],
    ['a/b', 'There may be letters, digits, - . and _ in an ID, nothing else.'],
  ] as const) {
    assert.equal(identifierFlaw(id), flaw, id)
  }
})

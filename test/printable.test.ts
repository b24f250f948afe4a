import assert from 'node:assert/strict'
import { test } from 'node:test'
import { harmless, printable, spelledOut } from '../src/printable.ts'

const between = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i))

/** C0 but tab and line feed, DEL, C1, separators of lines and paragraphs, ALM, LRM, RLM, embeddings, overrides, isolates */
const OBEYED = [
  ...between(0, 0x1f).filter((c) => c !== '\t' && c !== '\n'),
  ...between(0x7f, 0x9f),
  ...['\u061c', '\u200e', '\u200f', '\u2028', '\u2029'],
  ...between(0x202a, 0x202e),
  ...between(0x2066, 0x2069),
]

test('nothing that a terminal obeys, or that turns the direction of writing, gets through', () => {
  for (const c of OBEYED) {
    const name = `U+${c.charCodeAt(0).toString(16)}`
    assert.equal(printable(`a${c}b`), 'a\ufffdb', name)
    assert.equal(JSON.parse(harmless(`"${c < ' ' ? '' : c}"`)), c < ' ' ? '' : c, name)
    for (const shown of [harmless(`<a>${c}</a>`), harmless(`"${c}"`), spelledOut(c)])
      assert.ok(!shown.includes(c), name)
  }
})

test('ordinary text of every script stays as it is', () => {
  for (const text of ['a b-c', 'Größe', '日本語', 'العربية', 'עברית', 'a\u200db', '\u{1f600}']) {
    assert.equal(printable(text), text)
    assert.equal(harmless(text), text)
    assert.equal(spelledOut(text), text)
  }
})

test('a line end is a space where there is one line, and stays in a document', () => {
  assert.equal(printable('a\n\tb'), 'a  b')
  assert.equal(harmless('<a>\n\t</a>'), '<a>\n\t</a>')
  assert.equal(spelledOut('a\nb'), 'a\\u000ab')
})

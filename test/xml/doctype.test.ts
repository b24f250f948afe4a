import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findDoctype } from '../../src/xml/doctype.ts'
import { parseText } from '../../src/xml/libxml.ts'
import { runs, xmlText } from '../support/arbitraries.ts'

const FOUND: readonly [text: string, line: number, column: number][] = [
  ['<!DOCTYPE a><a/>', 1, 1],
  ['\ufeff<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "http://h.example/a.dtd"><a/>', 2, 1],
  ['<!-- <!-- > \n --><?p ?> \t<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 2, 13],
  ['<!----><!DOCTYPE a PUBLIC "-//x" "y"><a/>', 1, 8],
  ['<?p ? > ??>\r\n\r\n<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]><a/>', 3, 1],
]

for (const [text, line, column] of FOUND) {
  test(`found in ${JSON.stringify(text.slice(0, 50))}`, () => {
    const found = findDoctype(text)
    assert.deepEqual([found?.line, found?.column], [line, column])
  })
}

for (const text of [
  '<a/>',
  '',
  '<!-- <!DOCTYPE a> --><a/>',
  '<?p <!DOCTYPE a>?><a/>',
  '<a><!DOCTYPE a></a>',
  '<!-- unclosed',
  '<?p',
  '<!doctype a><a/>',
  '<! DOCTYPE a>',
]) {
  test(`none in ${JSON.stringify(text)}`, () => assert.equal(findDoctype(text), undefined))
}

test('a declaration is found, or the parser refuses, wherever one is put', () => {
  const declaration = fc.constantFrom('<!DOCTYPE a>', '<!DOCTYPE a [<!ENTITY b "c">]>', '<!DOCTYPE\n a SYSTEM "x">')
  fc.assert(
    fc.property(xmlText(2), declaration, fc.double({ min: 0, max: 1, noNaN: true }), (text, dtd, where) => {
      const at = Math.floor(text.length * where)
      const put = text.slice(0, at) + dtd + text.slice(at)
      if (findDoctype(put) !== undefined) return
      const parsed = parseText(put)
      if (!parsed.ok) return
      const bare = put.replace(/<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>/gsu, '')
      parsed.document.dispose()
      assert.doesNotMatch(bare, /<!DOCTYPE/)
    }),
    runs(200),
  )
})

test('the parser refuses a declaration by itself', () => {
  const parsed = parseText('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
  assert.ok(!parsed.ok)
})

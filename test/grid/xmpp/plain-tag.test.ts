import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isEmptyTag, skipPlainEndTag, skipPlainTag } from '../../../src/grid/xmpp/plain-tag.ts'
import { BuildError, skipTag, startTagOf } from '../../../src/grid/xmpp/tag.ts'
import { runs } from '../../support/arbitraries.ts'

test('a tag that is written as nearly all are is looked over at once', () => {
  for (const [text, empty] of [
    ['<a>b', false],
    ['<rid:RID lang="en" xmlns:rid=\'urn:x\'>', false],
    ['<b x=">"/>c', true],
    ['<b x="/">c', false],
  ] as const) {
    const end = text.lastIndexOf('>') + 1
    assert.equal(skipPlainTag(text, 0), end)
    assert.equal(isEmptyTag(text, end), empty, text)
  }
  for (const text of [
    '<a',
    '<a >',
    '<a b>',
    '<a b=c>',
    '<a b="<">',
    '<a b="c"d="e">',
    '<\u00e4>',
    '<!a>',
    '</a>',
    '<a\n>',
    '<a b = "c">',
  ]) {
    assert.equal(skipPlainTag(text, 0), undefined, text)
  }
})

test('an end tag is looked over at once where its name is that of the start tag', () => {
  for (const start of ['<a>', '<a b="c">', '<a:b-c>']) {
    const name = /[\w:-]+/.exec(start)?.[0]
    assert.equal(skipPlainEndTag(`${start}</${name}>x`, start.length, 0), `${start}</${name}>`.length)
    for (const end of [`</${name}x>`, `</${name?.slice(1)}>`, `</${name}`, '</b>', '</>'])
      assert.equal(skipPlainEndTag(start + end, start.length, 0), undefined, start + end)
  }
  assert.equal(skipPlainEndTag('<ab></a>', 4, 0), undefined)
  assert.equal(skipPlainEndTag('<\u00e4></\u00e4>', 3, 0), undefined)
})

test('what is looked over at once is what the careful look says', () => {
  const unit = fc.constantFrom(
    ...['<', '>', '/', '"', "'", '=', ' ', 'a', 'b:c', '\n', '!', '&', '\u00e4', '<a', ' a="1"', " b='2'", ' c="x>y"'],
    ...['/>', '="', ' d = "1"', '\u3000', '?', '</a>', ' e="<"', '"f="1"'],
  )
  let plain = 0
  const name = fc.constantFrom('a', 'a', 'b:c', '', '\u00e4', '!')
  const property = fc.property(name, fc.string({ unit, maxLength: 8 }), (first, rest) => {
    const text = `<${first}${rest}`
    const found = skipPlainTag(text, 0)
    if (found === undefined) return
    plain += 1
    // a tag that is kept is refused for its values, too
    const careful = startTagOr(text, 'a reference nobody declared, or an attribute twice')
    if (typeof careful !== 'string') assert.deepEqual({ end: found, empty: isEmptyTag(text, found) }, careful)
    assert.equal(skipTag(text, 0), found)
  })
  fc.assert(property, runs(3_000))
  assert.ok(plain > 50, `${plain} looked over at once`)
})

function startTagOr(text: string, otherwise: string) {
  try {
    const { empty, end } = startTagOf(text, 0)
    return { empty, end }
  } catch (error) {
    assert.ok(error instanceof BuildError)
    assert.match(error.message, /reference|twice/)
    return otherwise
  }
}

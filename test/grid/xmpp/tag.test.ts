import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { xml } from '@xmpp/client'
import { BuildError, decoded, readEndTag, readTag, skipEndTag, skipTag } from '../../../src/grid/xmpp/tag.ts'

const parent = xml('root', { xmlns: 'urn:root', 'xmlns:p': 'urn:p' })

describe('a start tag of a stanza', () => {
  test('is an element with its attributes, below its parent', () => {
    const text = `x<p:a b="1&lt;" c='"2"'\n d = ""/>y`
    const { element, empty, end } = readTag(text, 1, parent)
    assert.equal(element.name, 'p:a')
    assert.deepEqual(element.attrs, { b: '1<', c: '"2"', d: '' })
    assert.equal(element.getNS(), 'urn:p')
    assert.deepEqual([empty, end], [true, text.indexOf('y')])
    assert.equal(element.parent, parent)
  })

  test('may be open, and may declare its own prefix', () => {
    const { element, empty, end } = readTag('<q:a xmlns:q="urn:q" >', 0, null)
    assert.deepEqual([element.getNS(), empty, end], ['urn:q', false, 22])
  })

  for (const [text, complaint] of [
    ['</a>', /not a tag/],
    ['<!DOCTYPE a>', /not a tag/],
    ['<?xml?>', /not a tag/],
    ['< a>', /not a tag/],
    ['<a b="1" b="2">', /stands twice/],
    ['<a', /does not end/],
    ['<a b>', /does not end/],
    ['<a b=1>', /does not end/],
    ['<a b="<">', /does not end/],
    ['<a b="1"c="2">', /does not end/],
    ['<a / >', /does not end/],
    ['<n:a>', /prefix is not declared/],
    ['<a b="&x;">', /not a character reference/],
  ] as const) {
    test(`is none: ${text}`, () => {
      assert.throws(
        () => readTag(text, 0, parent),
        (error) => error instanceof BuildError && complaint.test(error.message),
      )
    })
  }

  test('is none where there is none', () => assert.throws(() => readTag('text', -1, parent), BuildError))

  test('is looked over without being kept, in the same way', () => {
    for (const text of ['<a>', '<p:a b="1" b="2" c=\'x\'/>', '<a\n/>']) {
      assert.equal(skipTag(text, 0), text.length, text)
    }
    for (const text of ['<a', '<a b>', '</a>']) assert.throws(() => skipTag(text, 0), BuildError, text)
  })
})

describe('an end tag', () => {
  test('is that of the element', () => {
    assert.equal(readEndTag('x</a>y', 1, 'a'), 5)
    assert.equal(readEndTag('</p:a \n>', 0, 'p:a'), 8)
    for (const [text, name] of [
      ['</b>', 'a'],
      ['</a', 'a'],
      ['</ a>', 'a'],
      ['</a>', undefined],
      ['</ab>', 'a'],
    ] as const)
      assert.throws(() => readEndTag(text, 0, name), BuildError, text)
  })
})

describe('an end tag that is looked over', () => {
  test('is that of the element whose tag is there', () => {
    for (const text of ['<a></a>', '<p:a b="1"></p:a \n>', '<\u00e4></\u00e4>', '<a\n></a>', '<a\u00e4></a\u00e4>'])
      assert.equal(skipEndTag(text, text.indexOf('</'), 0), text.length, text)
    for (const text of ['<a></b>', '<ab></a>', '<a></ab>', '<a\u00e4></a>', '<a></a\u00e4>', '<a></a', '<a></ a>'])
      assert.throws(() => skipEndTag(text, text.indexOf('</'), 0), BuildError, text)
    assert.throws(() => skipEndTag('</a>', 0, undefined), BuildError)
  })
})

describe('character data', () => {
  test('is what its references stand for', () => {
    assert.equal(decoded('a&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#x9;&amp;lt;'), `a<>&"'A\u{1F600}\t&lt;`)
    assert.equal(decoded('no reference'), 'no reference')
  })

  for (const wrong of [
    '&',
    '&amp',
    '&x;',
    '&#0;',
    '&#8;',
    '&#x1f;',
    '&#xd800;',
    '&#xfffe;',
    '&#x110000;',
    '&#99999999;',
    '&#;',
    '&#x;',
  ]) {
    test(`is none: ${wrong}`, () => assert.throws(() => decoded(`a${wrong}b`), BuildError))
  }

  test('ends at the edges of XML 1.0, production 2', () => {
    for (const code of [0x9, 0xa, 0xd, 0x20, 0xd7ff, 0xe000, 0xfffd, 0x10000, 0x10ffff])
      assert.equal(decoded(`&#${code};`), String.fromCodePoint(code), String(code))
    for (const code of [0xb, 0xc, 0xe, 0x1f, 0xdfff, 0xffff]) assert.throws(() => decoded(`&#${code};`), BuildError)
  })
})

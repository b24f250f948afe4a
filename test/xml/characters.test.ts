import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeAttribute, decodeText, newlines } from '../../src/xml/characters.ts'
import { anyText, runs } from '../support/arbitraries.ts'

describe('line ends (XML 1.0 §2.11)', () => {
  test('are line feeds, however they were written', () => {
    assert.equal(newlines('a\r\nb\rc\nd\r\r\ne\n\r'), 'a\nb\nc\nd\n\ne\n\n')
    assert.equal(newlines('no end'), 'no end')
  })

  test('are one where the two characters lie on either side of a piece', () => {
    // pieces end at 65,536 characters
    for (const before of [65_533, 65_534, 65_535, 65_536]) {
      const text = 'x'.repeat(before)
      assert.equal(newlines(`${text}\r\ny${text}`), `${text}\ny${text}`, String(before))
    }
  })
})

describe('character data', () => {
  test('is what its references stand for', () => {
    assert.equal(decodeText('&lt;&gt;&amp;&quot;&apos;'), `<>&"'`)
    assert.equal(decodeText('&#65;&#x1F600;&#x1f600;&#13;'), 'A\u{1F600}\u{1F600}\r')
    assert.equal(decodeText('&amp;lt; &amp;#65;'), '&lt; &#65;', 'once')
  })

  test('keeps a referenced carriage return, and no other', () => {
    assert.equal(decodeText('a\r\n&#13;&#10;b\r'), 'a\n\r\nb\n')
  })

  test('has no entities but the five', () => {
    assert.throws(() => decodeText('&eacute;'), /entity/)
    assert.throws(() => decodeText('&lol9;'), /entity/)
  })

  test('is whole where a reference lies on the end of a piece', () => {
    for (let before = 65_525; before <= 65_540; before += 1) {
      const text = 'x'.repeat(before)
      assert.equal(decodeText(`${text}&#x1F600;${text}`), `${text}\u{1F600}${text}`, String(before))
    }
    const many = 65_536
    assert.equal(decodeText('&amp;'.repeat(many)), '&'.repeat(many))
  })
})

describe('attribute values (XML 1.0 §3.3.3)', () => {
  test('have a space for each white space that is written, and keep what is referenced', () => {
    assert.equal(decodeAttribute('a\tb\nc\r\nd\re'), 'a b c d e')
    assert.equal(decodeAttribute('a&#9;b&#10;c&#13;d'), 'a\tb\nc\rd')
    assert.equal(decodeAttribute('  a  '), '  a  ')
    assert.equal(decodeAttribute('&lt;\t&quot;'), '< "')
  })

  test('are long without harm', () => {
    const long = 'a\r\n'.repeat(50_000)
    assert.equal(decodeAttribute(long), 'a '.repeat(50_000))
  })
})

test('what is escaped comes back as it was', () => {
  const escaped = (text: string) => text.replace(/[<&\r\t\n"]/g, (c) => `&#${c.charCodeAt(0)};`)
  fc.assert(
    fc.property(anyText(), (text) => {
      fc.pre(text.isWellFormed())
      assert.equal(decodeText(escaped(text)), text)
      assert.equal(decodeAttribute(escaped(text)), text)
    }),
    runs(50),
  )
})

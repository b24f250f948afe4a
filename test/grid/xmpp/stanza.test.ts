import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { buildHead, buildStanza } from '../../../src/grid/xmpp/stanza.ts'
import { BuildError } from '../../../src/grid/xmpp/tag.ts'
import { elementFlaw } from '../../../src/grid/xmpp/well-formed.ts'

const ROOT = buildHead('<stream:stream xmlns="jabber:client" xmlns:stream="urn:stream" xmlns:far="urn:far">')
const build = (text: string) => buildStanza(text, ROOT)

describe('a stanza', () => {
  test('is built with its references resolved and its namespaces inherited', () => {
    const stanza = build('<message a="&quot;&#x20AC;&#65;"><b>x &lt; <![CDATA[<y>&amp;]]></b><stream:c/></message>')
    assert.equal(stanza.attrs.a, '"€A')
    assert.equal(stanza.getNS(), 'jabber:client')
    assert.equal(stanza.getChildText('b'), 'x < <y>&amp;')
    assert.equal(stanza.getChild('c', 'urn:stream')?.name, 'stream:c')
  })

  for (const text of [
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a b="1" b="2"/>',
    '<a b=1/>',
    '<a b="<"/>',
    '<x:a/>',
    '<a>&unknown;</a>',
    '<a>&</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a b="&#xFFFF;"/>',
    '<a',
    '<>',
    '< a/>',
    '<?a?>',
    '<a><![CDATA[x</a>',
    '',
  ]) {
    test(`is refused as ${JSON.stringify(text)}`, () => assert.throws(() => build(text), BuildError))
  }

  test('is refused, not read for ever, where it ends inside an end tag of a payload', () => {
    assert.throws(() => build('<items><item><a><b></b '), BuildError)
  })

  test('throws nothing else, whatever comes', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '"',
      "'",
      '!',
      'a',
      ' ',
      '=',
      '&',
      'b="c"',
      '<a>',
      '</a>',
      '<items><item>',
      '<![CDATA[',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          build(pieces.join(''))
        } catch (error) {
          assert.ok(error instanceof BuildError)
        }
        elementFlaw(pieces.join(''))
      }),
    )
  })
})

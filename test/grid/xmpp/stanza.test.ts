import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { payloadXml } from '../../../src/grid/xmpp/payload.ts'
import { buildHead, buildStanza } from '../../../src/grid/xmpp/stanza.ts'
import { BuildError } from '../../../src/grid/xmpp/tag.ts'
import { elementFlaw } from '../../../src/grid/xmpp/well-formed.ts'

const ROOT = buildHead('<stream:stream xmlns="jabber:client" xmlns:stream="urn:stream" xmlns:far="urn:far">')
const build = (text: string) => buildStanza(text, ROOT)
const item = (content: string, declarations = '') =>
  build(
    `<message><event xmlns="urn:e"${declarations}><items node="n"><item id="1">${content}</item></items></event></message>`,
  )
    .getChild('event')
    ?.getChild('items')
    ?.getChild('item')
const payload = (content: string, declarations?: string) => {
  const found = item(content, declarations)
  return found && payloadXml(found)
}

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

describe('the payload of an item', () => {
  test('keeps every character it came with', () => {
    const text = '<a xmlns="urn:x" b="&#10;&quot;"> &#13;\n<c/>日本語<![CDATA[<]]></a>'
    assert.equal(payload(text), text)
    assert.equal(payload(` ${text}\n`), text)
    assert.equal(payload('<a xmlns="urn:x"/>'), '<a xmlns="urn:x"/>')
  })

  test('declares what it inherits and uses', () => {
    assert.equal(payload('<a/>'), '<a xmlns="urn:e"/>')
    assert.equal(payload('<p:a xmlns:p="urn:p"><b/></p:a>'), '<p:a xmlns="urn:e" xmlns:p="urn:p"><b/></p:a>')
    assert.equal(payload('<q:a b="1"/>', ' xmlns:q="urn:&quot;q"'), '<q:a xmlns="urn:e" xmlns:q="urn:&quot;q" b="1"/>')
    assert.equal(payload('<a xmlns="urn:x" t="far:y"/>'), '<a xmlns:far="urn:far" xmlns="urn:x" t="far:y"/>')
    assert.equal(payload('<a xmlns=""/>'), '<a xmlns=""/>')
  })

  test('is one element, or none', () => {
    assert.equal(payload(''), undefined)
    assert.equal(payload('<a/><b/>'), undefined)
    assert.equal(payload('text<a/>'), undefined)
  })

  test('may hold items of its own', () => {
    const text = '<items xmlns="urn:x"><item><items><item/></items></item></items>'
    assert.equal(payload(text), text)
  })

  test('is looked at for its tags, not built', () => {
    assert.throws(() => payload('<a><b></a></b>'), BuildError)
    assert.throws(() => payload('<a b=c/>'), BuildError)
  })
})

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

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { payloadXml } from '../../../src/grid/xmpp/payload.ts'
import { buildHead, buildStanza } from '../../../src/grid/xmpp/stanza.ts'
import { BuildError } from '../../../src/grid/xmpp/tag.ts'

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

  test('may be that of an IQ about an incident, and of no other', () => {
    const text = '<report xmlns="urn:xmpp:incident:2"><a b="&#10;">]]&gt;</a></report>'
    assert.equal(payloadXml(build(`<iq type="result">${text}</iq>`)), text)
    assert.equal(
      payloadXml(build('<iq><i:a xmlns:i="urn:xmpp:incident:2"/></iq>')),
      '<i:a xmlns="jabber:client" xmlns:i="urn:xmpp:incident:2"/>',
    )
    assert.equal(payloadXml(build('<iq type="result"/>')), undefined)
    assert.equal(payloadXml(build(`<iq>${text}${text}</iq>`)), undefined)
    assert.equal(payloadXml(build('<iq><query xmlns="urn:q"><item/></query></iq>')), undefined)
    assert.equal(payloadXml(build(`<message>${text}</message>`)), undefined)
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

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Element, xml } from '@xmpp/client'
import { fellowIn, storeMark } from '../../../src/grid/xmpp/fellow.ts'

const SELF = { bare: 'gateway@grid.example', full: 'gateway@grid.example/one' }
const OTHER = 'gateway@grid.example/two'
const mark = (store: string) => xml('gateway', { xmlns: 'urn:x-iodef-gateway:gateway:1', store })
const caps = (node: string) => xml('c', { xmlns: 'http://jabber.org/protocol/caps', node, ver: 'x', hash: 'sha-1' })
const presence = (from: string, ...children: Element[]) => xml('presence', { from, to: SELF.full }, ...children)

describe('presence', () => {
  test('of a gateway with our account tells of its store', () => {
    assert.equal(storeMark('x<y'), '<gateway xmlns="urn:x-iodef-gateway:gateway:1" store="x&lt;y"/>')
    assert.deepEqual(fellowIn(presence(OTHER, mark('a')), SELF), { jid: OTHER, here: true, store: 'a' })
    assert.deepEqual(fellowIn(presence('Gateway@GRID.example/two', mark('a')), SELF)?.here, true)
  })

  test('of one that does not say it is known by what it can', () => {
    const found = fellowIn(presence(OTHER, caps('urn:x-iodef-gateway')), SELF)
    assert.deepEqual(found, { jid: OTHER, here: true, store: undefined })
  })

  test('of a session that ends tells that nobody is there', () => {
    const gone = xml('presence', { from: OTHER, type: 'unavailable' })
    assert.deepEqual(fellowIn(gone, SELF), { jid: OTHER, here: false, store: undefined })
  })

  test('of ourselves, of other accounts and of other clients is no fellow', () => {
    for (const stanza of [
      presence(SELF.full, mark('a')),
      presence('gateway2@grid.example/two', mark('a')),
      presence('gateway@grid.example.evil/two', mark('a')),
      presence('', mark('a')),
      presence('@', mark('a')),
      presence(OTHER),
      presence(OTHER, caps('https://client.example')),
      presence(OTHER, xml('gateway', { xmlns: 'urn:other', store: 'a' })),
      xml('presence', { from: OTHER, type: 'subscribe' }, mark('a')),
      xml('presence', { type: 'unavailable' }),
    ])
      assert.equal(fellowIn(stanza, SELF), undefined, stanza.toString())
  })
})

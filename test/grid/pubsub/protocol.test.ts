import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xml } from '@xmpp/client'
import { DISCO_ITEMS, disco, owner, pubsub } from '../../../src/grid/pubsub/protocol.ts'

test('a question to the Broker stands in its namespace, and is escaped', () => {
  assert.equal(
    pubsub(xml('items', { node: `a"<&'` })),
    '<pubsub xmlns="http://jabber.org/protocol/pubsub"><items node="a&quot;&lt;&amp;&apos;"/></pubsub>',
  )
  assert.equal(
    owner(xml('configure', { node: 'n' }), xml('x')),
    '<pubsub xmlns="http://jabber.org/protocol/pubsub#owner"><configure node="n"/><x/></pubsub>',
  )
})

test('a question what is there names a node, or none', () => {
  assert.equal(disco(DISCO_ITEMS), '<query xmlns="http://jabber.org/protocol/disco#items"/>')
  assert.equal(
    disco(DISCO_ITEMS, 'n', xml('set')),
    '<query xmlns="http://jabber.org/protocol/disco#items" node="n"><set/></query>',
  )
})

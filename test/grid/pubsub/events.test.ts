import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { xml } from '@xmpp/client'
import { noticeOf, readEvents, readItems } from '../../../src/grid/pubsub/events.ts'
import { PUBSUB_EVENT } from '../../../src/grid/pubsub/protocol.ts'
import { buildHead, buildStanza } from '../../../src/grid/xmpp/stanza.ts'

const ROOT = buildHead('<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">')
const message = (events: string) =>
  buildStanza(`<message><event xmlns="${PUBSUB_EVENT}">${events}</event></message>`, ROOT)
const PAYLOAD = '<report xmlns="urn:xmpp:incident:2"/>'

describe('the events of a message', () => {
  test('are items, with their payload and who published them', () => {
    const items = `<item id="1" publisher="a@b">${PAYLOAD}</item><item id="2"/><retract id="3"/><retract/>`
    const events = readEvents(message(`<items node="incident">${items}</items>`))
    assert.deepEqual(events, [
      {
        kind: 'items',
        node: 'incident',
        items: [
          { id: '1', xml: PAYLOAD, publisher: 'a@b', malformed: false },
          { id: '2', xml: undefined, publisher: undefined, malformed: false },
        ],
        retracted: ['3'],
      },
    ])
  })

  test('are what happened to a Topic, several in their order', () => {
    const events = readEvents(
      message(
        '<purge node="a"/><delete node="b"/><configuration node="c"/><subscription node="d" jid="x@y" subscription="none"/>' +
          '<something-new node="e"/><purge/>',
      ),
    )
    assert.deepEqual(events, [
      { kind: 'purge', node: 'a' },
      { kind: 'delete', node: 'b' },
      { kind: 'configuration', node: 'c' },
      { kind: 'subscription', node: 'd', subscription: 'none', jid: 'x@y' },
      { kind: 'purge', node: '' },
    ])
  })

  test('are also where the items of a Topic are that was deleted, if its owner says so', () => {
    const uri = 'xmpp:pubsub.other.example?;node=b'
    const told = `<delete node="b"><redirect uri="${uri}&#10;${'x'.repeat(500)}"/></delete><delete node="c"><redirect/></delete>`
    const [moved, gone] = readEvents(message(told))
    const { redirect } = moved === undefined ? {} : (noticeOf(moved) as { redirect?: string })
    assert.ok(redirect?.startsWith(`${uri} x`))
    assert.equal(redirect?.length, 200)
    assert.deepEqual(gone && noticeOf(gone), { topic: 'c' })
  })

  test('are none of a message without an event of this namespace', () => {
    assert.deepEqual(readEvents(xml('message', {}, xml('body', {}, 'x'))), [])
    assert.deepEqual(readEvents(xml('message', {}, xml('event', { xmlns: 'urn:x' }, xml('purge', { node: 'a' })))), [])
    assert.deepEqual(readEvents(message('')), [])
  })
})

describe('items', () => {
  test('hold one payload: what is more, or no element, is told', () => {
    const items = message(
      `<items><item id="two">${PAYLOAD}${PAYLOAD}</item><item id="text">just text</item><item id="space"> \n</item><item/><x/></items>`,
    )
      .getChild('event')
      ?.getChild('items')
    const [two, text, space, none, ...more] = readItems(items)
    assert.deepEqual(more, [])
    assert.deepEqual([two?.xml, two?.malformed], [undefined, true])
    assert.deepEqual([text?.xml, text?.malformed], [undefined, true])
    assert.deepEqual([space?.xml, space?.malformed], [undefined, false])
    assert.deepEqual([none?.id, none?.xml, none?.malformed], ['', undefined, false])
  })

  test('are none of nothing', () => {
    assert.deepEqual(readItems(undefined), [])
    assert.deepEqual(readItems(xml('items')), [])
  })
})

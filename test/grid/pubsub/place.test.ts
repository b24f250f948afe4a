import assert from 'node:assert/strict'
import { test } from 'node:test'
import { movedTo, placeIn } from '../../../src/grid/pubsub/place.ts'

test('the place that a Topic has moved to is a JID and a node, the same where none is named', () => {
  const at = (broker: string, node: string) => ({ broker, node })
  assert.deepEqual(placeIn('xmpp:pubsub.example?;node=a', 'n'), at('pubsub.example', 'a'))
  assert.deepEqual(
    placeIn('xmpp:PubSub.example?pubsub;action=subscribe;node=a%3Bb%20c', 'n'),
    at('pubsub.example', 'a;b c'),
  )
  assert.deepEqual(placeIn('XMPP:soc@grid.example', 'n'), at('soc@grid.example', 'n'))
})

test('what names no JID, or may have lost its end, is no place', () => {
  for (const address of [
    '',
    'pubsub.example',
    'http://a/',
    'xmpp:',
    'xmpp:a/b',
    'xmpp://a/b',
    'xmpp:a?;node=%',
    'xmpp:%',
  ]) {
    assert.equal(placeIn(address, 'n'), undefined, address)
  }
  assert.equal(placeIn(`xmpp:a?;node=${'x'.repeat(300)}`.slice(0, 200), 'n'), undefined)
})

test('a node that XML has no place for ends no stream: it is no place', () => {
  for (const node of ['%00', 'a%0Bb', '%EF%BF%BF']) {
    assert.equal(placeIn(`xmpp:pubsub.example?;node=${node}`, 'n'), undefined, node)
  }
})

test('only an error that says so is a move', () => {
  const error = { type: 'cancel', application: undefined, text: undefined, address: 'xmpp:a' }
  assert.equal(movedTo({ ...error, condition: 'gone' }), 'xmpp:a')
  assert.equal(movedTo({ ...error, condition: 'redirect' }), 'xmpp:a')
  assert.equal(movedTo({ ...error, condition: 'forbidden' }), undefined)
  assert.equal(movedTo({ ...error, condition: 'gone', address: undefined }), undefined)
})

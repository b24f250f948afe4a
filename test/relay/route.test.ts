import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeFor } from '../../src/relay/route.ts'

const message = { peer: 'csirt-a', purpose: 'reporting', type: 'Report' }

test('the first route that matches wins', () => {
  const routes = [
    { match: { peer: ['csirt-b'] }, topic: 'b' },
    { match: { peer: ['csirt-b', 'csirt-a'], purpose: ['reporting'] }, topic: 'first' },
    { match: {}, topic: 'rest' },
  ]
  assert.equal(routeFor(routes, message), 'first')
  assert.equal(routeFor(routes, { ...message, purpose: 'watch' }), 'rest')
  assert.equal(routeFor(routes, { ...message, peer: 'csirt-b' }), 'b')
})

test('every given key must match; a key without values matches nothing', () => {
  const match = { peer: ['csirt-a'], purpose: ['reporting'], type: ['Report' as const] }
  assert.equal(routeFor([{ match, topic: 't' }], message), 't')
  for (const key of ['peer', 'purpose', 'type'] as const) {
    assert.equal(routeFor([{ match, topic: 't' }], { ...message, [key]: 'other' }), undefined)
    assert.equal(routeFor([{ match: { ...match, [key]: [] }, topic: 't' }], message), undefined)
  }
})

test('no route is no Topic', () => {
  assert.equal(routeFor([], message), undefined)
})

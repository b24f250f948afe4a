import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeWord } from '../../src/iodef/place-word.ts'
import { routeFor, saidByPolicy } from '../../src/relay/route.ts'
import { documentText, IODEF1, ridText } from '../support/documents.ts'
import { read } from './journey.ts'

const message = {
  peer: 'csirt-a',
  purpose: 'reporting',
  type: 'Report',
  regions: ['PeerToPeer'],
  traffic: ['Attack'],
  destination: 'RIDSystem',
  nodes: () => new Set(['rid.example']),
  incident: 'csirt.example',
}

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
  const match = {
    peer: ['csirt-a'],
    purpose: ['reporting'],
    type: ['Report' as const],
    region: ['PeerToPeer'],
    traffic: ['Attack'],
    destination: ['RIDSystem'],
    node: ['rid.example'],
    incident: ['csirt.example'],
  }
  assert.equal(routeFor([{ match, topic: 't' }], message), 't')
  for (const key of Object.keys(match)) {
    assert.equal(routeFor([{ match: { ...match, [key]: ['other'] }, topic: 't' }], message), undefined, key)
    assert.equal(routeFor([{ match: { ...match, [key]: [] }, topic: 't' }], message), undefined, key)
  }
})

test('no route is no Topic', () => {
  assert.equal(routeFor([], message), undefined)
})

test('a message that crosses a region that is not listed does not fit', () => {
  const routes = [{ match: { region: ['PeerToPeer', 'IntraConsortium'] }, topic: 't' }]
  assert.equal(routeFor(routes, { ...message, regions: ['PeerToPeer', 'IntraConsortium'] }), 't')
  assert.equal(routeFor(routes, { ...message, regions: ['PeerToPeer', 'BetweenConsortiums'] }), undefined)
})

test('a document without a RIDPolicy fits no route that asks for what a RIDPolicy says', () => {
  const bare = { peer: 'csirt-a', purpose: 'reporting', type: 'Report', incident: 'csirt.example' }
  assert.equal(routeFor([{ match: { incident: ['csirt.example'] }, topic: 't' }], bare), 't')
  for (const key of ['region', 'traffic', 'destination', 'node'])
    assert.equal(routeFor([{ match: { [key]: ['PeerToPeer', ''] }, topic: 't' }], bare), undefined, key)
})

test('names are compared as DNS does, addresses by their value', () => {
  const { rid } = read(ridText(documentText()))
  const leads = (node: string, said: string) => {
    const { nodes } = saidByPolicy(rid && { ...rid, nodes: ['other.example', said] })
    return routeFor([{ match: { node: [node] }, topic: 't' }], { ...message, ...(nodes && { nodes }) }) === 't'
  }
  assert.equal(leads('RID.Example.', 'rid.example'), true)
  assert.equal(leads('müller.example', 'xn--mller-kva.example'), true)
  assert.equal(leads('2001:db8::5', '2001:DB8:0:0::5'), true)
  assert.equal(leads('192.0.2.5', '192.0.2.50'), false)
  assert.equal(routeFor([{ match: { incident: ['CSIRT.example'] }, topic: 't' }], message), 't')
})

test('a route that only says whom to ask takes no Report from those behind it', () => {
  const routes = [
    { match: {}, ask: ['archive'] as const },
    { match: {}, topic: 'rest' },
  ]
  assert.equal(routeFor(routes, message), 'rest')
  assert.equal(routeFor(routes, { ...message, type: 'Result' }), 'rest')
  // what nobody could be asked is not published instead
  assert.equal(routeFor(routes, { ...message, type: 'TraceRequest' }), undefined)
})

test('what RIDPolicy says is read of a message', () => {
  const text = ridText(documentText())
    .replace('region="PeerToPeer"', 'region=" IntraConsortium "')
    .replace('</NodeName>', '</NodeName><Address category="ipv4-addr">192.0.2.7</Address>')
  const said = saidByPolicy(read(text).rid)
  assert.deepEqual(
    { ...said, nodes: said.nodes?.() },
    {
      regions: ['IntraConsortium'],
      traffic: ['Attack'],
      destination: 'RIDSystem',
      nodes: new Set(['rid.example', placeWord('192.0.2.7')]),
    },
  )
  const toSource = ridText(documentText()).replace('"RIDSystem"', '"SourceOfIncident"')
  assert.equal(saidByPolicy(read(toSource).rid).destination, 'SourceOfIncident')
  assert.deepEqual(saidByPolicy(read(documentText()).rid), {})
  assert.match(text, new RegExp(IODEF1))
})

test('a route that names participants is for them alone', () => {
  const routes = [
    { match: { jid: ['soc@grid.example'] }, topic: 'theirs' },
    { match: {}, topic: 'rest' },
  ]
  assert.equal(routeFor(routes, message), 'rest')
  assert.equal(routeFor(routes, { ...message, peer: 'soc@grid.example' }), 'rest')
})

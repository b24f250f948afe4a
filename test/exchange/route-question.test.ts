import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whomToAsk } from '../../src/exchange/route-question.ts'
import { read } from '../relay/journey.ts'
import { byNumber, documentText, incidentId, incidentText, ridText } from '../support/documents.ts'
import { ASKER } from './bench.ts'

const ROUTES = [
  { match: { incident: ['csirt-b.example'], region: ['PeerToPeer'] }, ask: ['peer:csirt-b'] as const },
  { match: { node: ['csirt-c.example'] }, ask: ['peer:csirt-c'] as const },
  { match: {}, ask: ['archive'] as const },
]
const asked = (text: string, type: 'Query' | 'TraceRequest' = 'Query') => whomToAsk(ROUTES, ASKER, type, read(text))

test('a question goes to whom the CSIRT that gave the number leads, as far as its sender lets it', () => {
  assert.deepEqual(asked(byNumber('7', 'csirt-b.example')), ['peer:csirt-b'])
  assert.deepEqual(asked(byNumber('7', 'csirt-a.example')), ['archive'])
  const far = '<PolicyRegion region="PeerToPeer"/><PolicyRegion region="BetweenConsortiums"/>'
  const further = byNumber('7', 'csirt-b.example').replace('<PolicyRegion region="PeerToPeer"/>', far)
  assert.deepEqual(asked(further), ['archive'])
})

test('a question goes to whom its Node names', () => {
  assert.deepEqual(asked(byNumber('7').replace('rid.example', 'csirt-c.example')), ['peer:csirt-c'])
})

test("the number in a Query's document is the question's own, that in a request's the incident's", () => {
  const document = documentText([incidentText({ purpose: 'traceback' })]).replace('name="csirt.', 'name="csirt-b.')
  assert.deepEqual(asked(ridText(document, { msgType: 'Query' })), ['archive'])
  assert.deepEqual(asked(ridText(document, { msgType: 'TraceRequest' }), 'TraceRequest'), ['peer:csirt-b'])
  const other = { msgType: 'TraceRequest', incidentId: incidentId('7', 'csirt.example') }
  assert.deepEqual(asked(ridText(document, other), 'TraceRequest'), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valid } from '../relay/journey.ts'
import { byNumber, documentText, IODEF1, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench, tokenOf } from './bench.ts'

const OLD = { ...ASKER, iodef: 1 } as const
const DOCUMENT = documentText([incidentText({ id: '7', attributes: ' restriction="partner" status="new"' })])
const named = new RegExp(
  `<ReportSchema Version="1\\.0" XMLSchemaID="${IODEF1}"><XMLDocument [^>]*><IODEF-Document xmlns="${IODEF1}"`,
)

test('an asker that reads only IODEF 1 is answered so in the response, and the log counts what it lacks', async () => {
  await using t = await openBench({ peers: [OLD, OTHER] })
  await t.show(DOCUMENT)
  const answer = message(await t.post(byNumber('7'), OLD))
  assert.equal(answer.rid?.msgType, 'Report')
  assert.match(answer.xml, named)
  assert.equal(answer.document?.xml, valid(DOCUMENT).document.xml, 'it comes back as it was')
  const { fields } = t.told.find(({ event }) => event === 'downgraded') ?? assert.fail('nothing is told')
  assert.equal((fields as { lost: number }).lost, 1)
  assert.ok(!JSON.stringify(fields).includes('partner'))
})

test('what such an asker may not see looks like nothing still', async () => {
  await using t = await openBench({ peers: [OLD, OTHER] })
  await t.show(documentText([incidentText({ id: '7', attributes: ' restriction="need-to-know"' })]))
  assert.equal(message(await t.post(byNumber('7'), OLD)).rid?.hasPayload, false)
})

test('a document that cannot be written as IODEF 1 is answered with Denied', async () => {
  await using t = await openBench({ peers: [OLD, OTHER] })
  await t.show(DOCUMENT)
  t.unwritable.add('status="new"')
  const answer = message(await t.post(byNumber('7'), OLD))
  assert.deepEqual(answer.rid?.requestStatus, { AuthorizationStatus: 'Denied', Justification: 'CannotProcess' })
})

test('a callback to such an asker, and a question to such a peer, are IODEF 1', async () => {
  const peers = [OLD, { ...OTHER, iodef: 1 as const }]
  const routes = [{ match: { type: ['TraceRequest' as const] }, ask: ['peer:csirt-b' as const] }]
  await using t = await openBench({ peers, routes }, ({ to }) =>
    to === 'csirt-b' ? { status: 202, callbackToken: 'T' } : {},
  )
  t.engine.start()
  const question = ridText(DOCUMENT, { msgType: 'TraceRequest', incidentId: incidentId('7') })
  const waiting = t.post(question, OLD)
  await eventually('it is asked on', async () => (await t.traced('7')).includes('asked-on'))
  assert.match(t.posted.find(({ to }) => to === 'csirt-b')?.xml ?? '', named)
  await t.clock.advance(EXCHANGES.hold)
  tokenOf(await waiting)
  const result = ridText(DOCUMENT, {
    msgType: 'Result',
    incidentId: incidentId('7'),
    behind: '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>',
  })
  await t.post(result, OTHER, 'T')
  await eventually('the asker has it', () => t.posted.some(({ to }) => to === 'csirt-a'))
  const sent = t.posted.find(({ to }) => to === 'csirt-a')
  assert.match(sent?.xml ?? '', named)
  assert.equal(sent?.inspection.document?.xml, valid(DOCUMENT).document.xml)
  await eventually('the trace says what was left out', async () =>
    JSON.stringify(await t.store.trace('7')).includes('Sent as IODEF 1, without Incident/@status.'),
  )
})

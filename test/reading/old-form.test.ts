import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocument } from '../../src/reading/read-document.ts'
import { documentText, IODEF1, incidentText, schemas } from '../support/documents.ts'
import { fixtures } from '../support/reports.ts'

const read = (text: string | Uint8Array, old: boolean) => readDocument(schemas(), Buffer.from(text), { old }).document

test('an IODEF 2 document says what it is on a Topic of IODEF 1 only where that is asked for', () => {
  const incidents = ['1', '2'].map((id) => incidentText({ id, attributes: ' restriction="public" status="new"' }))
  assert.equal(read(documentText(incidents), false)?.old, undefined)
  const old = read(documentText(incidents), true)?.old
  assert.ok(old !== undefined && 'incidents' in old)
  assert.equal(old.incidents.length, 2)
  for (const incident of old.incidents) assert.ok(incident.startsWith(`<Incident xmlns="${IODEF1}"`))
  assert.deepEqual(old.losses, { 'Incident/@status': 2 })
  assert.equal(old.carried, null)
})

test('an IODEF 1 document is there as it came, and travels along', () => {
  const two = fixtures('valid').find(({ name }) => name === 'v1-two-incidents.xml') ?? assert.fail()
  const document = read(two.bytes, true)
  const published = document?.upgraded ?? assert.fail()
  const old = 'invalid' in published ? assert.fail() : published.old
  assert.ok(old !== undefined && 'incidents' in old)
  assert.deepEqual(
    old.incidents,
    document?.incidents.map(({ xml }) => xml),
  )
  assert.equal(old.carried?.version, 1)
  assert.deepEqual(old.losses, {})
})

test('what stands beside many Incidents is not written with each of them without end', () => {
  const incidents = Array.from({ length: 60 }, (_, i) => incidentText({ id: String(i) }))
  const beside = `<AdditionalData dtype="string">${'a'.repeat(200_000)}</AdditionalData>`
  const document = read(documentText(incidents).replace('</IODEF-Document>', `${beside}</IODEF-Document>`), true)
  const old = document?.old ?? assert.fail()
  assert.ok('impossible' in old, 'incidents' in old ? `${old.incidents.join('').length} characters` : '')
  assert.match(old.impossible, /characters/)
})

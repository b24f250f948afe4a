import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answersTo, incidentNamed, queryByNumber, wrapped } from '../../src/cli/outgoing.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { documentText, schemas } from '../support/documents.ts'

const TO = { name: 'csirt-b.example', address: '192.0.2.1' }

describe('what send writes', () => {
  test('an incident is named by team, number and perhaps an instance', () => {
    assert.deepEqual(incidentNamed('csirt-b.example/2026-7'), { name: 'csirt-b.example', id: '2026-7', instance: null })
    assert.deepEqual(incidentNamed(' a / b/c#2 '), { name: 'a', id: 'b/c', instance: '2' })
    for (const none of ['', 'a', 'a/', '/b', ' / ', 'a/#1']) assert.equal(incidentNamed(none), undefined, none)
  })

  test('a Query by number has the number and no document', () => {
    const incident = { name: 'csirt-b.example', id: '7', instance: '2' }
    const xml = queryByNumber({ msgType: 'Query', name: undefined, incident }).write(TO)
    const { valid, rid } = readDocument(schemas(), Buffer.from(xml))
    assert.ok(valid)
    assert.deepEqual(
      [rid?.msgType, rid?.incidentId, rid?.receivers, rid?.hasPayload],
      ['Query', incident, ['csirt-b.example'], false],
    )
  })

  test('the number of the document that a Query holds is not what it asks for', () => {
    const read = (xml: string) => readDocument(schemas(), Buffer.from(xml))
    const document = read(documentText())
    const asked = (msgType: 'Query' | 'TraceRequest', incident = incidentNamed('')) =>
      read(wrapped(document, { msgType, name: undefined, incident })?.write(TO) ?? '').rid?.incidentId?.id
    assert.equal(asked('Query'), undefined)
    assert.equal(asked('Query', incidentNamed('a.example/9')), '9')
    assert.equal(asked('TraceRequest'), '1')
  })

  test('questions are answered later, and nothing else', () => {
    assert.deepEqual(answersTo('Query'), ['Report'])
    assert.deepEqual(answersTo('TraceRequest'), ['Result', 'Report'])
    assert.deepEqual([answersTo('Report'), answersTo(undefined)], [null, null])
  })
})

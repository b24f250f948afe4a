import assert from 'node:assert/strict'
import { test } from 'node:test'
import { harmless, inUtf16, posted, unknownType } from '../../src/cli/probe-messages.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { schemas } from '../support/documents.ts'

const TO = { name: 'rid.example', address: '192.0.2.1' }
const read = (xml: string | Uint8Array) => readDocument(schemas(), typeof xml === 'string' ? Buffer.from(xml) : xml)

test('what probe sends is what it says, and a document in it is private', () => {
  for (const type of ['Query', 'Acknowledgement'] as const) {
    const { valid, rid } = read(harmless(type, TO))
    assert.deepEqual([valid, rid?.msgType, rid?.hasPayload], [true, type, false])
  }
  for (const type of ['Report', 'InvestigationRequest', 'TraceRequest', 'Result'] as const) {
    const { valid, rid, document, improper } = read(posted(type, TO))
    assert.deepEqual([valid, rid?.msgType, document?.needed, improper], [true, type, ['private'], undefined])
  }
})

test('the unknown MsgType is the only thing that is wrong with it', () => {
  const { errors } = read(unknownType(TO))
  assert.equal(errors.length, 1)
  assert.match(errors[0]?.message ?? '', /Probe/)
})

test('UTF-16 is the same message', () => {
  assert.equal(read(inUtf16(harmless('Query', TO))).rid?.msgType, 'Query')
})

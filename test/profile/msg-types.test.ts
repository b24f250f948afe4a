import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ELEMENTS } from '../../src/profile/item.ts'
import { elementOf, typeOf } from '../../src/profile/msg-types.ts'
import { MSG_TYPES } from '../../src/vocabulary.ts'

describe('the XEP-0268 element of a RID message', () => {
  test('is there for every MsgType but the Acknowledgement, which never reaches the grid', () => {
    assert.deepEqual(Object.fromEntries(MSG_TYPES.map((type) => [type, elementOf(type)])), {
      Report: 'report',
      Query: 'inquiry',
      InvestigationRequest: 'request',
      TraceRequest: 'request',
      Result: 'response',
      Acknowledgement: undefined,
    })
  })

  test('leads back to its MsgType, which the context states where two share an element', () => {
    for (const type of MSG_TYPES) {
      const element = elementOf(type)
      if (element !== undefined) assert.equal(typeOf(element, type), type)
    }
    assert.equal(typeOf('request', 'TraceRequest'), 'TraceRequest')
    assert.equal(typeOf('request', undefined), 'InvestigationRequest')
  })

  test('counts for more than a context that states another kind of message', () => {
    assert.equal(typeOf('report', 'Query'), 'Report')
    assert.equal(typeOf('request', 'Result'), 'InvestigationRequest')
    for (const stated of ['ext-value', 'Acknowledgement', '', 'toString', 'traceRequest'])
      for (const element of ELEMENTS)
        assert.equal(typeOf(element, stated), typeOf(element, undefined), `${element} ${stated}`)
  })
})

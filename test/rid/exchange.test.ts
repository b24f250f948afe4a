import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CALLBACKS, mayAnswer, OPENING, repliesTo, TABLE_1 } from '../../src/rid/exchange.ts'
import { MSG_TYPES } from '../../src/vocabulary.ts'

test('RFC 6546 Table 1 has sixteen rows, and 202 is always empty', () => {
  assert.equal(TABLE_1.length, 16)
  for (const row of TABLE_1)
    assert.equal(row.status === 202, row.reply === 'empty' && row.request.match(/Query|Request/) !== null)
})

test('what may answer what', () => {
  assert.deepEqual(repliesTo('Report'), ['Acknowledgement'])
  assert.deepEqual(repliesTo('Query'), ['Acknowledgement', 'Report'])
  assert.deepEqual(repliesTo('TraceRequest'), ['Acknowledgement', 'Result', 'Report'])
  assert.deepEqual(repliesTo('InvestigationRequest'), ['Acknowledgement', 'Result', 'Report'])
  assert.deepEqual(repliesTo('Acknowledgement'), [])
  assert.deepEqual(repliesTo('Result'), [])
  assert.equal(mayAnswer('Report', 'empty'), true)
  assert.equal(mayAnswer('Report', 'empty', 202), false)
  assert.equal(mayAnswer('Query', 'empty', 202), true)
  assert.equal(mayAnswer('Query', 'empty'), false)
  assert.equal(mayAnswer('Query', 'Result'), false)
})

test('every MsgType is POSTed, Acknowledgement and Result only as callback', () => {
  assert.deepEqual(OPENING, ['Report', 'Query', 'InvestigationRequest', 'TraceRequest'])
  assert.deepEqual(CALLBACKS, ['Report', 'Result', 'Acknowledgement'])
  assert.equal(new Set([...OPENING, ...CALLBACKS]).size, MSG_TYPES.length)
})

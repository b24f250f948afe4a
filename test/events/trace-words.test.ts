import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alike, traceWords } from '../../src/events/trace-words.ts'

test('a trace row says where, why and what else, without digests', () => {
  const fields = {
    source: 'csirt-a',
    destination: 'incident',
    item: 'ab12',
    reason: 'Too large.',
    attempts: 2,
    code: null,
  }
  assert.equal(traceWords(fields), 'csirt-a -> incident · Too large. · attempts 2')
  assert.equal(traceWords({ note: 'an odd reply', by: 'page 127.0.0.1' }), 'an odd reply · by page 127.0.0.1')
  assert.equal(traceWords({}), '')
})

test('reasons that differ by figures and digests alone are alike', () => {
  const [one, other] = ['status 403 at 12:00, item 0123456789abcdef01', 'status 403 at 13:07, item fedcba987654321099']
  assert.equal(alike(one), alike(other))
  assert.equal(alike(one), 'status N at N:N, item …')
  assert.notEqual(alike('denied'), alike('refused'))
  assert.equal(alike(null), '')
})

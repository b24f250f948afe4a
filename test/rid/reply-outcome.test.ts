import assert from 'node:assert/strict'
import { test } from 'node:test'
import { excerpt, refusedOutcome } from '../../src/rid/reply-outcome.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

function outcomeOf(status: number, retryAfter?: string) {
  const body = Buffer.from('a document, perhaps our own')
  return refusedOutcome({ status, contentType: 'text/xml', retryAfter, callbackToken: undefined, body }, NOW)
}

test('every status has its outcome', () => {
  const kinds = Array.from({ length: 500 }, (_, i) => i + 100)
    .filter((status) => status < 200 || status > 299)
    .map((status) => [status, outcomeOf(status).kind] as const)
  for (const [status, kind] of kinds) {
    const retry = status >= 500 || [408, 425, 429].includes(status)
    assert.equal(kind, retry ? 'retry' : 'hold', String(status))
  }
  const date = outcomeOf(503, 'Thu, 01 Jan 2026 00:00:05 GMT')
  assert.equal(date.kind === 'retry' && date.retryAfter, 5000)
})

test('a refusal repeats nothing of a body that is no problem document', () => {
  assert.deepEqual(outcomeOf(400), { kind: 'hold', reason: 'The peer answered HTTP 400' })
})

test('an excerpt is short and printable', () => {
  assert.equal(excerpt(' a\u001b[2J\r\n\u0000b\u00e9 ', 10), 'a [2J b')
  assert.equal(excerpt('x'.repeat(100)).length, 80)
})

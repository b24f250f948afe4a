import assert from 'node:assert/strict'
import { test } from 'node:test'
import { excerpt, refusedOutcome } from '../../src/rid/reply-outcome.ts'
import { parseRetryAfter } from '../../src/rid/retry-after.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

test('Retry-After is seconds or an HTTP-date, within a day', () => {
  const cases: [string | undefined, number | undefined][] = [
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['9999999999999', 86_400_000],
    ['Thu, 01 Jan 2099 00:00:00 GMT', 86_400_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['2026', 2_026_000],
    ['2026-01-01', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ]
  for (const [value, expected] of cases) assert.equal(parseRetryAfter(value, NOW), expected, value)
})

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

import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('Retry-After that only JavaScript takes for a date is none', () => {
  for (const value of [
    '1 Jan 2026',
    'Jan 1, 2026',
    '2026-01-01T00:01:00Z',
    'Foo, 01 Jan 2026 00:01:00 GMT',
    'Mon',
    '12s',
  ])
    assert.equal(parseRetryAfter(value, NOW), undefined, value)
})

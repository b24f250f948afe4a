import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodilessOutcome, excerpt, refusedOutcome, repliedOutcome } from '../../src/rid/reply-outcome.ts'

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

test('what comes by callback is answered with nothing: everything else is improper, and delivered all the same (RFC 6546 Table 1)', () => {
  const response = (status: number) => {
    return { status, contentType: 'text/xml', retryAfter: undefined, callbackToken: 'T', body: Buffer.from('') }
  }
  const approved = { kind: 'acknowledgement', status: 'Approved' } as const
  for (const request of ['Report', 'Result', 'Acknowledgement'] as const) {
    const asked = { request, replies: 'strict', callback: true } as const
    const judged = repliedOutcome(response(200), approved, asked)
    assert.equal(judged.outcome.kind, 'delivered', request)
    assert.notEqual(judged.improper, undefined, request)
    assert.equal(bodilessOutcome(response(200), asked).improper, undefined, request)
    assert.notEqual(bodilessOutcome(response(202), asked).improper, undefined, request)
  }
  const unasked = { request: 'Report', replies: 'strict' } as const
  assert.equal(repliedOutcome(response(200), approved, unasked).improper, undefined)
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lastWord, NO_LEG, outcomeOf, respond } from '../../src/exchange/outcome.ts'
import { parseAnswer } from '../../src/exchange/stored.ts'
import type { Exchange, Leg, StoredAnswer } from '../../src/store/exchanges.ts'
import type { LegState } from '../../src/vocabulary.ts'

const leg = (state: LegState, n = 0, reason: string | null = null): Leg => {
  return { n, kind: 'peer', target: 'b', state, token: null, reason, updated: 0 }
}
const answer = (n: number, sent: number | null = null): StoredAnswer => {
  return { n, leg: 0, msgType: 'Report', digest: String(n), body: '', at: 0, sent }
}
const exchange = (more: Partial<Exchange>): Exchange => ({
  ...{
    id: 'x',
    askerKind: 'peer',
    asker: 'a',
    address: null,
    msgType: 'Query',
    incident: '',
    digest: 'd',
    question: '',
    opened: 0,
  },
  ...{ pendingAt: null, expires: 1, state: 'open', outcome: null, closed: null, token: null, legs: [], answers: [] },
  ...more,
})

describe('a response', () => {
  const decided = exchange({ legs: [leg('answered')], answers: [answer(0)] })
  const two = exchange({ legs: [leg('answered')], answers: [answer(0), answer(1)] })
  const open = exchange({ legs: [leg('waiting')] })

  test('is the one answer that there is, once everybody has said what they will', () => {
    const made = respond(decided, 'url', false)
    assert.deepEqual(made, { told: { kind: 'answer', n: 0 }, change: { sent: [0], outcome: 'answered' } })
  })

  test('waits, and then promises', () => {
    assert.deepEqual(respond(open, 'url', false), { told: { kind: 'wait' } })
    for (const way of ['url', 'source', 'plain', 'none'] as const) assert.equal(respond(open, way, true).promise, true)
  })

  test('promises more than one, but to who has to ask again', () => {
    assert.equal(respond(two, 'url', false).promise, true)
    assert.equal(respond(two, 'plain', false).promise, true)
    assert.deepEqual(respond(two, 'none', false).told, { kind: 'answer', n: 1 })
  })

  test('is the same again', () => {
    const promised = { ...open, token: 'T' }
    const known = { kind: 'promised', token: 'T' }
    assert.deepEqual(respond(promised, 'url', false).told, known)
    assert.deepEqual(respond(promised, 'plain', false).told, { kind: 'pending' })
    assert.deepEqual(respond({ ...two, state: 'answered', token: 'T' }, 'source', false).told, known)
    assert.deepEqual(respond({ ...decided, state: 'answered' }, 'url', false).told, { kind: 'answer', n: 0 })
    assert.deepEqual(respond(exchange({ state: 'cancelled' }), 'url', false).told, { kind: 'pending' })
  })

  test('has for who asks again what has come meanwhile', () => {
    const come = exchange({ legs: [leg('answered'), leg('waiting', 1)], answers: [answer(0)], token: 'T' })
    assert.deepEqual(respond(come, 'none', false), { told: { kind: 'answer', n: 0 }, change: { sent: [0] } })
    assert.deepEqual(respond({ ...come, answers: [answer(0, 5)] }, 'none', false).told, { kind: 'pending' })
  })
})

describe('the last word', () => {
  const word = (legs: readonly Leg[], more: Partial<Exchange> = {}) => {
    const said = lastWord(exchange({ legs, ...more }), null)
    return said === undefined ? undefined : parseAnswer(said.body)
  }

  test('is an empty Report where somebody looked and found nothing', () => {
    const said = word([leg('answered'), leg('denied', 1, 'Other')])
    assert.deepEqual([said?.msgType, said?.document], ['Report', null])
  })

  test('is why it was denied: what the first leg said', () => {
    assert.deepEqual(word([leg('denied', 0, 'Authentication'), leg('failed', 1)])?.status, { denied: 'Authentication' })
    assert.deepEqual(word([leg('denied', 0, 'their own word')])?.status, { denied: 'CannotProcess' })
    assert.deepEqual(word([leg('failed')])?.status, { denied: 'SystemResource' })
    assert.deepEqual(word([leg('expired')])?.status, { denied: 'Other' })
  })

  test('is none where something was said', () => {
    assert.equal(word([leg('denied')], { answers: [answer(0)] }), undefined)
  })

  test('decides what the question closes as', () => {
    assert.equal(outcomeOf(exchange({ legs: [leg('denied')] })), 'denied')
    assert.equal(outcomeOf(exchange({ legs: [leg('denied'), leg('answered')] })), 'answered')
    const pending = { ...answer(0), leg: NO_LEG, msgType: 'Acknowledgement' }
    assert.equal(outcomeOf(exchange({ legs: [leg('failed')], answers: [pending] })), 'denied')
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, parseExpectation } from '../../src/cli/expectation.ts'
import type { Explanation } from '../../src/relay/explain.ts'

const FOUND: Explanation = {
  answer: 'approved',
  status: 200,
  code: null,
  reason: null,
  format: 'IODEF 2',
  asked: [],
  msgType: 'Report',
  needs: [],
  repairs: [],
  incidents: [],
  items: ['b', 'c'].map((sent) => ({
    topic: 'incident',
    incident: `x ${sent}`,
    id: '1',
    bytes: 1,
    limit: 2,
    upload: false,
    peers: [
      { peer: sent, sent: true, reason: null, form: 'IODEF 2' },
      { peer: 'd', sent: false, reason: 'no', form: null },
    ],
  })),
}

test('what is written is compared, in any order, and nothing else', () => {
  assert.deepEqual(differences({ answer: 'approved' }, FOUND), [])
  assert.deepEqual(differences({ topics: ['incident'], sent: ['c', 'b'] }, FOUND), [])
})

test('what is otherwise is told with why it is', () => {
  const denied = { ...FOUND, answer: 'denied' as const, code: 'restriction', reason: 'the reason', items: [] }
  assert.deepEqual(differences({ answer: 'approved', code: 'no-route', topics: ['incident'], sent: [] }, denied), [
    'answer is denied, not approved (the reason)',
    'code is restriction, not no-route (the reason)',
    'topics is [], not [incident] (the reason)',
  ])
  assert.deepEqual(differences({ sent: ['b', 'd'], code: 'restriction' }, FOUND), [
    'code is none, not restriction',
    'sent is [b, c], not [b, d]',
  ])
})

test('an expectation that cannot be one says so', () => {
  const cases: [unknown, RegExp][] = [
    [undefined, /must be a mapping/],
    [[], /must be a mapping/],
    [{}, /expects nothing/],
    [{ anwser: 'approved' }, /anwser is not a known key \(did you mean "answer"\?\)/],
    [{ answer: 'aproved' }, /must be one of approved, asked, denied, refused \(did you mean "approved"\?\)/],
    [{ answer: 1 }, /must be a word/],
    [{ topics: 'incident' }, /topics must be a list/],
  ]
  for (const [written, words] of cases) assert.match(String(parseExpectation(written)), words)
  assert.deepEqual(parseExpectation({ answer: 'denied', sent: [] }), { answer: 'denied', sent: [] })
})

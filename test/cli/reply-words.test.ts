import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerMeaning, type Heard, meaningOf } from '../../src/cli/reply-words.ts'

const RESPONSE = {
  status: 200,
  contentType: 'text/xml',
  retryAfter: undefined,
  callbackToken: undefined,
  body: new Uint8Array(1),
}

const heard = (own: Partial<Heard>): Heard => ({
  msgType: 'Query',
  result: { kind: 'delivered', status: 200 },
  response: RESPONSE,
  reply: undefined,
  incidents: 0,
  ...own,
})

const report = { kind: 'message', msgType: 'Report', text: '' } as const

test('each reply to a question has words and an exit code of its own', () => {
  const rows: readonly (readonly [Heard, string, number])[] = [
    [heard({ reply: report, incidents: 2 }), 'answered', 0],
    [heard({ reply: report }), 'nothing', 1],
    [heard({ reply: { kind: 'acknowledgement', status: 'Pending' } }), 'pending', 0],
    [
      heard({
        result: { kind: 'hold', reason: 'The peer denied it' },
        reply: { kind: 'acknowledgement', status: 'Denied' },
      }),
      'denied',
      1,
    ],
    [heard({ result: { kind: 'hold', reason: 'The peer answered HTTP 403' } }), 'refused', 1],
    [heard({ result: { kind: 'delivered', note: { code: 'promised', text: '202' } } }), 'promised', 0],
    [heard({ result: { kind: 'delivered', note: { code: 'improper-reply', text: 'empty' } } }), 'improper', 1],
    [
      heard({ response: undefined, result: { kind: 'retry', reason: 'nobody there', destinationDown: true } }),
      'unreachable',
      3,
    ],
  ]
  for (const [what, outcome, exit] of rows) {
    const found = meaningOf(what)
    assert.deepEqual([found.outcome, found.exit], [outcome, exit], found.text)
  }
})

test('an improper reply to a Report is delivery all the same', () => {
  const note = { code: 'improper-reply', text: 'improper reply: empty' } as const
  const found = meaningOf(heard({ msgType: 'Report', result: { kind: 'delivered', status: 200, note } }))
  assert.deepEqual([found.exit, found.text], [0, 'HTTP 200, delivered: improper reply: empty'])
})

test('a callback says why it denies', () => {
  const denied = { kind: 'acknowledgement', status: 'Denied', justification: 'CannotProcess' } as const
  const { text, exit } = answerMeaning(denied, 0, 'by callback: ')
  assert.deepEqual([text, exit], ['by callback: denied: CannotProcess', 1])
})

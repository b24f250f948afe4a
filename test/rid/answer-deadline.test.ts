import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { askInTime } from '../../src/rid/answer-deadline.ts'
import type { Accept, Answer, IncomingMessage } from '../../src/rid/contract.ts'

const message = { id: 'request-1', peer: { name: 'csirt-a' } } as unknown as IncomingMessage

/** The answer, and what was logged: `level: message`. */
async function ask(accept: Accept, ms = 60_000): Promise<{ answer: Answer; logged: string[]; lines: string }> {
  const lines: string[] = []
  const log = createLog('debug', { write: (line: string) => void lines.push(line) })
  const answer = await askInTime(accept, message, ms, log)
  const logged = lines.map((line) => JSON.parse(line) as { level: string; msg: string; request: string; peer: string })
  for (const { request, peer } of logged) assert.deepEqual([request, peer], ['request-1', 'csirt-a'])
  return { answer, logged: logged.map(({ level, msg }) => `${level}: ${msg}`), lines: lines.join('') }
}

function detailOf(answer: Answer): string | undefined {
  assert.equal(answer.kind, 'problem')
  const { status, title, detail, retryAfter } = answer.kind === 'problem' ? answer.problem : assert.fail()
  assert.deepEqual([status, title, retryAfter], [503, 'Service Unavailable', 30])
  return detail
}

describe('an answer in time', () => {
  test('is what accept says, and nothing is logged', async () => {
    const reply: Answer = { kind: 'reply', xml: '<RID/>' }
    const { answer, logged } = await ask(async (taken) => {
      assert.equal(taken, message)
      return reply
    })
    assert.equal(answer, reply)
    assert.deepEqual(logged, [])
  })

  test('is 503 when there is none: the peer repeats the message', async () => {
    const { answer, logged } = await ask(() => new Promise(() => {}), 5)
    assert.equal(detailOf(answer), 'This RID system is too slow at the moment.')
    assert.deepEqual(logged, ['error: RID message was not answered in time'])
  })
})

describe('a failure of accept', () => {
  test('that will pass is a warning, and says no more than it may', async () => {
    const { answer, logged } = await ask(async () => {
      throw new GatewayError('store-unavailable', 'disk /dev/sda1 is full')
    })
    assert.equal(detailOf(answer), 'The store cannot be used.')
    assert.deepEqual(logged, ['warn: RID message could not be taken'])
  })

  test('that will not pass is an error', async () => {
    const { answer, logged } = await ask(async () => {
      throw new GatewayError('store-corrupt')
    })
    assert.equal(detailOf(answer), 'The store holds what it should not.')
    assert.deepEqual(logged, ['error: RID message could not be taken'])
  })

  test('that nobody foresaw tells the peer nothing of itself, and the log all', async () => {
    const { answer, logged, lines } = await ask(async () => {
      throw new TypeError('x is not a function')
    })
    assert.equal(detailOf(answer), undefined)
    assert.deepEqual(logged, ['error: RID message could not be taken'])
    assert.match(lines, /x is not a function/)
  })

  test('before its first await is one like any other', async () => {
    const { answer } = await ask(() => {
      throw new GatewayError('intake-busy')
    })
    assert.equal(detailOf(answer), 'Too many documents are being read.')
  })
})

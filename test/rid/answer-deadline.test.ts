import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { GatewayError } from '../../src/errors.ts'
import { askInTime } from '../../src/rid/answer-deadline.ts'
import type { Accept, Answer, IncomingMessage } from '../../src/rid/contract.ts'

const message = { id: 'request-1', peer: { name: 'csirt-a' } } as unknown as IncomingMessage

/** The answer, and what was told: `event`, with its level where it has several. */
async function ask(accept: Accept, ms = 60_000): Promise<{ answer: Answer; told: string[]; fields: string }> {
  const told: string[] = []
  const all: object[] = []
  const answer = await askInTime(accept, message, ms, (...[event, fields, level]) => {
    assert.ok('request' in fields && 'peer' in fields)
    assert.deepEqual([fields.request, fields.peer], ['request-1', 'csirt-a'])
    told.push(level === undefined ? event : `${event} ${level}`)
    all.push(fields)
  })
  return { answer, told, fields: inspect(all) }
}

function detailOf(answer: Answer): string | undefined {
  assert.equal(answer.kind, 'problem')
  const { status, title, detail, retryAfter } = answer.kind === 'problem' ? answer.problem : assert.fail()
  assert.deepEqual([status, title, retryAfter], [503, 'Service Unavailable', 30])
  return detail
}

describe('an answer in time', () => {
  test('is what accept says, and nothing is told', async () => {
    const reply: Answer = { kind: 'reply', xml: '<RID/>' }
    const { answer, told } = await ask(async (taken) => {
      assert.equal(taken, message)
      return reply
    })
    assert.equal(answer, reply)
    assert.deepEqual(told, [])
  })

  test('is 503 when there is none: the peer repeats the message', async () => {
    const { answer, told } = await ask(() => new Promise(() => {}), 5)
    assert.equal(detailOf(answer), 'This RID system is too slow at the moment.')
    assert.deepEqual(told, ['rid-unanswered'])
  })
})

describe('a failure of accept', () => {
  test('that will pass is a warning, and says no more than it may', async () => {
    const { answer, told } = await ask(async () => {
      throw new GatewayError('store-unavailable', 'disk /dev/sda1 is full')
    })
    assert.equal(detailOf(answer), 'The store cannot be used.')
    assert.deepEqual(told, ['rid-not-taken warn'])
  })

  test('that will not pass is an error', async () => {
    const { answer, told } = await ask(async () => {
      throw new GatewayError('store-corrupt')
    })
    assert.equal(detailOf(answer), 'The store holds what it should not.')
    assert.deepEqual(told, ['rid-not-taken error'])
  })

  test('that nobody foresaw tells the peer nothing of itself, and the log all', async () => {
    const { answer, told, fields } = await ask(async () => {
      throw new TypeError('x is not a function')
    })
    assert.equal(detailOf(answer), undefined)
    assert.deepEqual(told, ['rid-not-taken error'])
    assert.match(fields, /x is not a function/)
  })

  test('before its first await is one like any other', async () => {
    const { answer } = await ask(() => {
      throw new GatewayError('intake-busy')
    })
    assert.equal(detailOf(answer), 'Too many documents are being read.')
  })
})

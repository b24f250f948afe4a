import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { publishOutcome, topicInDoubt } from '../../../src/grid/pubsub/conditions.ts'

const error = (type: string, condition: string, application?: string) =>
  publishOutcome({ kind: 'error', error: { type, condition, application, text: undefined } })

describe("the Broker's answer to a publication", () => {
  test('published only on its result', () => {
    assert.deepEqual(publishOutcome({ kind: 'result', stanza: undefined as never }), { kind: 'delivered' })
  })

  for (const [type, condition, application] of [
    ['modify', 'not-acceptable', 'payload-too-big'],
    ['wait', 'not-acceptable', 'payload-too-big'],
    ['modify', 'bad-request', 'invalid-payload'],
    ['modify', 'bad-request', undefined],
    ['auth', 'forbidden', undefined],
    ['auth', 'not-authorized', undefined],
    ['cancel', 'not-allowed', undefined],
    ['cancel', 'feature-not-implemented', 'unsupported'],
    ['cancel', 'conflict', undefined],
  ] as const) {
    test(`${type} ${condition} ${application ?? ''} is held`, () => {
      const outcome = error(type, condition, application)
      assert.equal(outcome.kind, 'hold')
      assert.match(outcome.kind === 'hold' ? outcome.reason : '', new RegExp(condition))
    })
  }

  for (const [type, condition] of [
    ['wait', 'resource-constraint'],
    ['wait', 'internal-server-error'],
    ['wait', 'policy-violation'],
    ['cancel', 'service-unavailable'],
    ['cancel', 'remote-server-not-found'],
    ['cancel', 'item-not-found'],
    ['cancel', 'internal-server-error'],
  ] as const) {
    test(`${type} ${condition} is tried again`, () => {
      const outcome = error(type, condition)
      assert.equal(outcome.kind === 'retry' && outcome.destinationDown, true)
    })
  }

  test('silence and a broken line are tried again', () => {
    for (const kind of ['timeout', 'away'] as const) {
      const outcome = publishOutcome({ kind })
      assert.equal(outcome.kind === 'retry' && outcome.destinationDown, true)
    }
  })

  test('puts the Topic in doubt when it is gone or changed', () => {
    const doubt = (condition: string, application?: string) =>
      topicInDoubt({ kind: 'error', error: { type: 'cancel', condition, application, text: undefined } })
    assert.equal(doubt('item-not-found'), true)
    assert.equal(doubt('conflict', 'precondition-not-met'), true)
    assert.equal(doubt('forbidden'), false)
    assert.equal(topicInDoubt({ kind: 'timeout' }), false)
  })
})

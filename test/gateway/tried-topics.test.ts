import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SinkOutcome } from '../../src/delivery/sink.ts'
import { noting } from '../../src/gateway/tried-topics.ts'
import type { Delivery } from '../../src/store/contract.ts'
import { createVirtualClock } from '../support/clock.ts'

test('what a Broker does not answer is told apart from what it takes, refuses for good, or keeps from one item', async () => {
  const clock = createVirtualClock()
  const outcomes: SinkOutcome[] = [
    { kind: 'retry', reason: 'no answer', destinationDown: true },
    { kind: 'retry', reason: 'too large now', destinationDown: false, othersPass: true },
    { kind: 'hold', reason: 'refused' },
    { kind: 'delivered' },
  ]
  const told: unknown[] = []
  const room = () => 7
  const send = async () => {
    await clock.advance(5)
    return outcomes.shift()!
  }
  const sink = noting({ room, send }, clock, { tried: (...about) => void told.push(about) })
  assert.equal(sink.room?.('incident'), 7)
  const began = clock.now()
  const unit = [{ destination: 'incident' } as Delivery]
  for (let n = 0; n < 4; n += 1) await sink.send(unit, new AbortController().signal)
  assert.deepEqual(told, [
    ['incident', began, false],
    ['incident', began + 5, true],
    ['incident', began + 10, true],
    ['incident', began + 15, true],
  ])
})

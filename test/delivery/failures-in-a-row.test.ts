import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptOutcome } from '../../src/delivery/attempt.ts'
import { FailuresInARow } from '../../src/delivery/failures-in-a-row.ts'
import { createRig } from './support.ts'

const REFUSED: AttemptOutcome = { kind: 'retry', reason: 'The peer answered HTTP 500', destinationDown: false }

test('one failure is a message of its own, two with nothing between them are the destination', () => {
  const failures = new FailuresInARow()
  failures.learn(REFUSED, 1)
  assert.equal(failures.read(), null)
  failures.learn(REFUSED, 2)
  failures.learn({ kind: 'stopped' }, 3)
  assert.deepEqual(failures.read(), { times: 2, since: 1, reason: 'The peer answered HTTP 500' })
})

test('whatever got through, was refused for good, or was its own fault alone ends a row of failures', () => {
  const others: AttemptOutcome[] = [
    { kind: 'delivered' },
    { kind: 'hold', reason: 'The peer denied it' },
    { ...REFUSED, othersPass: true },
  ]
  for (const other of others) {
    const failures = new FailuresInARow()
    for (const outcome of [REFUSED, REFUSED, other, REFUSED]) failures.learn(outcome, 1)
    assert.equal(failures.read(), null, other.kind)
  }
})

test('a peer that answers 500 to everything is said to take nothing, and a Topic is not, which has a part of its own for that', async () => {
  await using rig = await createRig({ destinations: ['csirt-a'] })
  rig.to('csirt-a').answer = () => REFUSED
  rig.engine.start()
  await rig.take('A')
  await rig.take('B')
  await rig.clock.advance(10_000)
  assert.deepEqual(
    rig.engine.down().map(({ destination, reason }) => [destination, reason]),
    [['csirt-a', 'The peer answered HTTP 500']],
  )
  rig.to('csirt-a').answer = () => ({ kind: 'delivered' })
  await rig.clock.advance(3_600_000)
  assert.deepEqual(rig.engine.down(), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDeadlines } from '../../src/delivery/deadlines.ts'
import { createVirtualClock } from '../support/clock.ts'

function createBench() {
  const clock = createVirtualClock()
  const deadline = createDeadlines(clock)
  const late: string[] = []
  return { clock, late, begin: (name: string, ms = 10_000) => deadline(ms, () => late.push(name)) }
}

test('what is not over in time is late, up to a second early, and what is over is not', async () => {
  const { clock, late, begin } = createBench()
  begin('first')
  const second = begin('second')
  begin('longer', 12_000)
  await clock.advance(600)
  begin('third')
  await clock.advance(600)
  begin('fourth')
  second()
  assert.equal(clock.sleepers, 3, 'those begun within a second share one')
  await clock.advance(8799)
  assert.deepEqual(late, [])
  await clock.advance(1)
  assert.deepEqual(late, ['first', 'third'])
  await clock.advance(1200)
  assert.deepEqual(late, ['first', 'third', 'fourth'])
  await clock.advance(800)
  assert.deepEqual(late, ['first', 'third', 'fourth', 'longer'])
})

test('nothing is waited for once all are over', async () => {
  const { clock, late, begin } = createBench()
  const all = [begin('first'), begin('second')]
  for (const over of all) over()
  await clock.settle()
  assert.equal(clock.sleepers, 0)
  begin('third')
  await clock.advance(10_000)
  assert.deepEqual(late, ['third'])
})

test('a clock that is set makes nothing late, nor later', async () => {
  const { clock, late, begin } = createBench()
  begin('before')
  clock.set(clock.now() + 86_400_000)
  begin('after')
  await clock.advance(9999)
  assert.deepEqual(late, [])
  await clock.advance(1)
  assert.deepEqual(late, ['before', 'after'])
})

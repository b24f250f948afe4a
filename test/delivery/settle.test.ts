import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeeper } from '../../src/delivery/settle.ts'
import type { Verdict } from '../../src/delivery/verdict.ts'
import { GatewayError } from '../../src/errors.ts'
import type { Settlement } from '../../src/store/contract.ts'
import { untold } from '../../src/tell.ts'
import { createVirtualClock } from '../support/clock.ts'
import { createRig } from './support.ts'

/** A keeper, each write that it asked for, and what was told; the store takes no write with one that is `refused` in it. */
function setUp() {
  const clock = createVirtualClock()
  const writes: string[][] = []
  const told: string[] = []
  const refused = new Set<string>()
  const store = {
    async settle(settlements: readonly Settlement[]) {
      const ids = settlements.map(({ id }) => id)
      writes.push(ids)
      if (ids.some((id) => refused.has(id))) throw new GatewayError('store-unavailable')
    },
  }
  const keeper = createKeeper({ store, clock, tell: untold }, new AbortController().signal)
  const verdict = (id: string): Verdict => ({
    settlements: [{ id, to: 'delivered' }],
    happenings: [{ trace: [], tell: () => told.push(id) }],
  })
  const keep = (id: string, mayWait: boolean) => void keeper.keep(verdict(id), mayWait)
  return { clock, keeper, keep, writes, told, refused }
}

test('outcomes that may wait are written together, and told when they are', async () => {
  const { clock, keep, writes, told } = setUp()
  for (const id of ['a', 'b', 'c']) keep(id, true)
  await clock.advance(40)
  assert.deepEqual([writes, told], [[], []])
  await clock.advance(10)
  assert.deepEqual([writes, told], [[['a', 'b', 'c']], ['a', 'b', 'c']])
})

test('outcomes that may wait are written at once where there are enough of them, or somebody is in a hurry', async () => {
  const { clock, keeper, keep, writes } = setUp()
  for (let n = 0; n < 17; n += 1) keep(`${n}`, true)
  await clock.settle()
  assert.deepEqual(
    writes.map((ids) => ids.length),
    [16],
  )
  keep('alone', false)
  keeper.hurry()
  await clock.settle()
  assert.deepEqual(writes.slice(1), [['alone'], ['16']])
})

test('an outcome that the store does not take keeps no other from being written', async () => {
  const { clock, keep, told, refused } = setUp()
  refused.add('b')
  for (const id of ['a', 'b', 'c']) keep(id, true)
  await clock.advance(50)
  assert.deepEqual(told, ['a', 'c'])
  refused.clear()
  await clock.advance(60_000)
  assert.deepEqual(told, ['a', 'c', 'b'])
})

test('what is behind another in its line waits for nobody when there is nothing else to send', async () => {
  await using rig = await createRig({ concurrency: 1 })
  for (const name of ['A', 'B', 'C']) await rig.take(name, 'csirt-a', { incident: 'csirt-a.example 1' })
  rig.engine.start()
  await rig.clock.settle()
  await rig.clock.settle()
  await rig.clock.settle()
  assert.deepEqual(await rig.outcomes(), { A: 'delivered', B: 'delivered', C: 'delivered' })
})

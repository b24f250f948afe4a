import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFlow, type Figure, SAMPLE } from '../../src/ops/flow.ts'

test('of counters it says how far they went in the last five minutes, and in all of a shorter life', async () => {
  let now = 1_000_000
  let done = 0
  const figure = (): Figure => ({ way: 'out', kind: 'topic', name: 'incident', done, failed: 0, last: 0 })
  const flow = createFlow({ now: () => now }, async () => [figure()])
  const lately = async () => (await flow.read())[0]?.lately
  done = 7
  assert.equal(await lately(), 7)
  for (let i = 0; i < 40; i += 1) {
    await flow.sample()
    now += SAMPLE
    done += 1
  }
  assert.equal(await lately(), 30)
  for (let i = 0; i < 31; i += 1) {
    await flow.sample()
    now += SAMPLE
  }
  assert.equal(await lately(), 0)
  assert.equal((await flow.read())[0]?.done, 47)
})

test('what it saw before the clock went back says nothing', async () => {
  let now = 10_000_000
  const flow = createFlow({ now: () => now }, async () => [{ way: 'in', name: 'a', done: 5, failed: 0, last: 0 }])
  await flow.sample()
  now = 1_000_000
  await flow.sample()
  assert.equal((await flow.read())[0]?.lately, 5)
})

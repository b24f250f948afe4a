import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gathering } from '../../src/reading/gathering.ts'

async function turns(count = 5): Promise<void> {
  for (let n = 0; n < count; n += 1) await new Promise(setImmediate)
}

/** What went: how many at a time. */
function gathering(ms: number | undefined) {
  const went: number[] = []
  let waiting = 0
  const gathered = new Gathering(() => {
    went.push(waiting)
    if (waiting > 0) gathered.went(waiting)
    waiting = 0
  }, ms)
  const come = (count: number) => {
    for (let n = 0; n < count; n += 1) gathered.came(++waiting)
  }
  return { went, come }
}

test('what comes within one turn of the event loop goes together, and one alone waits for none', async () => {
  for (const ms of [undefined, 60_000]) {
    const { went, come } = gathering(ms)
    come(1)
    await turns()
    come(1)
    await turns()
    come(3)
    await turns()
    assert.deepEqual(went, [1, 1, 3])
  }
})

test('while several come together, those that come one by one go as many at a time, where it is waited', async () => {
  const { went, come } = gathering(60_000)
  come(3)
  await turns()
  come(1)
  await turns()
  come(1)
  await turns()
  assert.deepEqual(went, [3])
  come(2)
  await turns()
  assert.deepEqual(went, [3, 4])
})

test('they are waited for no longer than that, and then one alone waits for none', async () => {
  const { went, come } = gathering(20)
  come(2)
  await turns()
  come(1)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual(went, [2, 1])
  come(1)
  await turns()
  assert.deepEqual(went, [2, 1, 1])
})

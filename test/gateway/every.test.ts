import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from '../../src/gateway/every.ts'

test('what is asked for a hundred times is done once, and again when it is asked for again', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let done = 0
  const work = within(1_000, () => {
    done += 1
  })
  for (let n = 0; n < 100; n += 1) work.ask()
  assert.equal(done, 0)
  t.mock.timers.tick(1_000)
  assert.equal(done, 1)
  t.mock.timers.tick(10_000)
  assert.equal(done, 1)
  work.ask()
  t.mock.timers.tick(1_000)
  assert.equal(done, 2)
  work.ask()
  work[Symbol.dispose]()
  t.mock.timers.tick(1_000)
  assert.equal(done, 2)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awaited, eventually, within } from './eventually.ts'

test('a condition is asked for until it holds', async () => {
  let asked = 0
  await eventually('the third time', () => ++asked === 3, { every: 1 })
  assert.equal(asked, 3)
})

test('a condition that does not hold in time is told with its words at that time', async () => {
  let asked = 0
  const waiting = eventually(
    () => `the end (asked ${asked} times)`,
    () => ++asked < 0,
    { ms: 20, every: 1 },
  )
  assert.deepEqual(awaited(), ['the end (asked 1 times)'])
  await assert.rejects(waiting, /^Error: waited 20 ms for: the end \(asked \d+ times\)$/)
  assert.deepEqual(awaited(), [])
})

test('a promise has its own outcome within the deadline, and the deadline’s behind it', async () => {
  assert.equal(await within(1000, 'a value', Promise.resolve(7)), 7)
  await assert.rejects(within(1000, 'a failure', Promise.reject(new Error('its own'))), /^Error: its own$/)
  const waiting = within(5, 'what never comes', new Promise(() => {}))
  assert.deepEqual(awaited(), ['what never comes'])
  await assert.rejects(waiting, /^Error: waited 5 ms for: what never comes$/)
  assert.deepEqual(awaited(), [])
})

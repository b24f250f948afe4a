import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../src/clock.ts'

describe('the clock of the system', () => {
  test('sleeps as long as it is told', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let awake = false
    const sleeping = systemClock.sleep(1000).then(() => {
      awake = true
    })
    t.mock.timers.tick(999)
    await Promise.resolve()
    assert.equal(awake, false)
    t.mock.timers.tick(1)
    await sleeping
    assert.equal(awake, true)
  })

  test('wakes at once when the signal aborts, without a failure', async () => {
    const abort = new AbortController()
    const sleeping = systemClock.sleep(3_600_000, abort.signal)
    abort.abort(new Error('a reason that nobody is told'))
    assert.equal(await sleeping, undefined)
    assert.equal(await systemClock.sleep(3_600_000, abort.signal), undefined)
  })

  test('leaves nothing behind on a signal that never aborts', async () => {
    const abort = new AbortController()
    const listeners: string[] = []
    const { signal } = abort
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners.push('added')
      add(...args)
    }) as typeof add
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners.push('removed')
      remove(...args)
    }) as typeof remove
    await systemClock.sleep(1, signal)
    assert.deepEqual(listeners, ['added', 'removed'])
  })

  test('goes on, and is never certain', async () => {
    const before = systemClock.now()
    await wait(2)
    assert.ok(systemClock.now() > before)
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000)
    for (let n = 0; n < 100; n += 1) {
      const chance = systemClock.random()
      assert.ok(chance >= 0 && chance < 1)
    }
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BUSY, createRig, DAY, DELIVERED, DOWN, HOUR } from './support.ts'

/** A wall clock that was wrong and is put right must not leave anything waiting for the time that it showed. */
describe('a clock that is set back', () => {
  test('does not keep waiting what was accepted in the future', async () => {
    await using rig = await createRig()
    const { clock, engine } = rig
    const right = clock.now()
    clock.set(right + 1000 * DAY)
    await rig.take('one')
    clock.set(right)
    engine.start()
    await clock.advance(2000)
    assert.deepEqual(await rig.outcomes(), { one: 'delivered' })
  })

  test('while the gateway runs does not keep retries waiting', async () => {
    await using rig = await createRig()
    const { clock, engine } = rig
    const right = clock.now()
    rig.to('csirt-a').answer = () => BUSY
    clock.set(right + 5 * HOUR)
    engine.start()
    await rig.take('one')
    await clock.advance(10_000)
    rig.to('csirt-a').answer = () => DELIVERED
    clock.set(right)
    await clock.advance(15_000)
    assert.deepEqual(await rig.outcomes(), { one: 'delivered' })
  })

  test('while a destination is down does not keep it from being probed', async () => {
    await using rig = await createRig()
    const { clock, engine } = rig
    const right = clock.now()
    rig.to('csirt-a').answer = () => DOWN
    clock.set(right + 5 * HOUR)
    engine.start()
    await rig.take('one')
    await clock.advance(10_000)
    rig.to('csirt-a').answer = () => DELIVERED
    clock.set(right)
    await clock.advance(40_000)
    assert.deepEqual(await rig.outcomes(), { one: 'delivered' })
  })

  test('leaves alone what waits for a time of its own', async () => {
    await using rig = await createRig()
    const { clock, engine } = rig
    engine.start()
    await rig.take('later', 'csirt-a', { notBefore: clock.now() + HOUR })
    await clock.advance(10_000)
    clock.set(clock.now() - 2000)
    await clock.advance(10_000)
    assert.deepEqual(await rig.outcomes(), { later: 'pending' })
  })
})

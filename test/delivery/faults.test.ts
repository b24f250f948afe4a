import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import type { Store } from '../../src/store/contract.ts'
import { createRig, DELIVERED, HOUR } from './support.ts'

/** The store, with some of its methods failing while `broken` names them. */
function breakable() {
  const broken = new Set<keyof Store>()
  const through = (store: Store): Store =>
    new Proxy(store, {
      get(target, name: keyof Store) {
        if (!broken.has(name)) return target[name]
        return () => Promise.reject(new GatewayError('store-unavailable'))
      },
    })
  return { broken, through }
}

describe('while the store cannot write', () => {
  test('an outcome is kept until it can be written, and the delivery is not sent twice', async () => {
    const { broken, through } = breakable()
    await using rig = await createRig({ through })
    const peer = rig.to('csirt-a')
    peer.answer = () => {
      broken.add('settle')
      return DELIVERED
    }
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(HOUR)
    assert.deepEqual(await rig.outcomes(), { A: 'sending' })
    broken.clear()
    await rig.clock.advance(10_000)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
    assert.equal(peer.sent.length, 1)
    assert.deepEqual(
      (await rig.store.trace((await rig.all())[0]!.incident)).map((one) => one.event),
      ['delivered'],
    )
  })

  test('nothing is claimed, and all goes on when it can write again', async () => {
    const { broken, through } = breakable()
    broken.add('releaseLeases')
    await using rig = await createRig({ through })
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(20_000)
    broken.clear()
    broken.add('claim')
    await rig.clock.advance(20_000)
    assert.equal(rig.to('csirt-a').sent.length, 0)
    broken.clear()
    broken.add('backlog')
    await rig.clock.advance(20_000)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
  })

  test('stopping ends all the same, and the next start sends again', async () => {
    const { broken, through } = breakable()
    await using rig = await createRig({ through })
    broken.add('settle')
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(1000)
    const draining = rig.engine.drain(1000)
    await rig.clock.advance(30_000)
    await draining
    assert.deepEqual(await rig.outcomes(), { A: 'sending' })
    await using next = await createRig({ bench: { ...rig, [Symbol.asyncDispose]: async () => {} } })
    next.engine.start()
    await next.clock.settle()
    assert.deepEqual(await next.outcomes(), { A: 'delivered' })
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRig, DELIVERED, DOWN, HOUR } from './support.ts'

const whats = (sent: readonly { what: string }[]) => sent.map((one) => one.what)

test('a destination that is taken out sends nothing more but what is under way, and goes on where it is back', async () => {
  await using rig = await createRig({ destinations: ['csirt-a'] })
  const peer = rig.to('csirt-a')
  const answered = Promise.withResolvers<void>()
  peer.answer = async () => {
    await answered.promise
    return DELIVERED
  }
  rig.engine.start()
  await rig.take('A')
  await rig.clock.settle()
  rig.engine.use([])
  await rig.take('B')
  await rig.clock.advance(HOUR / 60)
  assert.deepEqual(whats(peer.sent), ['A'])
  answered.resolve()
  await rig.clock.settle()
  assert.deepEqual(await rig.outcomes(), { A: 'delivered', B: 'pending' })
  rig.engine.use([{ kind: 'peer', destination: 'csirt-a', sink: peer }])
  await rig.clock.advance(1_000)
  assert.deepEqual(await rig.outcomes(), { A: 'delivered', B: 'delivered' })
})

test('a destination that is added is delivered to, also what waited for it', async () => {
  await using rig = await createRig({ destinations: ['csirt-a', 'csirt-b'] })
  const [a, b] = [rig.to('csirt-a'), rig.to('csirt-b')]
  rig.engine.use([{ kind: 'peer', destination: 'csirt-a', sink: a }])
  rig.engine.start()
  await rig.take('B', 'csirt-b')
  await rig.clock.advance(HOUR / 60)
  assert.deepEqual(b.sent, [])
  rig.engine.use(
    ['csirt-a', 'csirt-b'].map((destination) => ({ kind: 'peer', destination, sink: rig.to(destination) })),
  )
  await rig.clock.advance(1_000)
  assert.deepEqual(await rig.outcomes(), { B: 'delivered' })
})

test('a destination that is down is tried at once by what it is replaced with, and one that is taken out is not said to be down', async () => {
  await using rig = await createRig({ destinations: ['csirt-a', 'csirt-b'] })
  for (const name of ['csirt-a', 'csirt-b']) rig.to(name).answer = () => DOWN
  rig.engine.start()
  await rig.take('A')
  await rig.take('B', 'csirt-b')
  await rig.clock.settle()
  assert.equal(rig.engine.down().length, 2)
  const better = { send: async () => DELIVERED }
  rig.engine.use([{ kind: 'peer', destination: 'csirt-a', sink: better }])
  assert.deepEqual(
    rig.engine.down().map(({ destination }) => destination),
    ['csirt-a'],
  )
  await rig.clock.settle()
  assert.equal((await rig.outcomes()).A, 'delivered')
  assert.deepEqual(rig.engine.down(), [])
})

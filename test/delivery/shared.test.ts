import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change, Store } from '../../src/store/contract.ts'
import { createRig, DOWN, HOUR } from './support.ts'

/** How often the store was asked, and who is told of what others change. */
function watched() {
  const asked = { backlog: 0, claim: 0 }
  const listeners: ((change: Change) => void)[] = []
  const through = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'backlog' || name === 'claim') asked[name] += 1
        if (name === 'onChange') {
          return (listener: (change: Change) => void) => {
            listeners.push(listener)
            return { [Symbol.dispose]() {} }
          }
        }
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const tell = (change: Change) => {
    for (const listener of listeners) listener(change)
  }
  return { asked, through, tell }
}

const TOPIC = [{ kind: 'topic', destination: 'incident' }] as const

test('a Topic that is another gateway’s is not looked at, whatever comes in for it here, until it is ours', async () => {
  let isOurs = false
  const { asked, through } = watched()
  await using rig = await createRig({ destinations: ['incident'], kind: 'topic', through, isOurs: () => isOurs })
  rig.engine.start()
  await rig.clock.advance(1_000)
  const before = { ...asked }
  for (let n = 0; n < 20; n += 1) {
    await rig.take(`report ${n}`)
    await rig.clock.advance(100)
  }
  assert.deepEqual(asked, before)
  assert.deepEqual(rig.to('incident').sent, [])
  isOurs = true
  rig.engine.wake('topic', 'incident')
  await rig.clock.advance(1_000)
  assert.equal(rig.to('incident').sent.length, 20)
})

test('what another took in for a Topic of ours is claimed at once, and not looked for; what it took in for another’s, not at all', async () => {
  let isOurs = true
  const { asked, through, tell } = watched()
  await using rig = await createRig({ destinations: ['incident'], kind: 'topic', through, isOurs: () => isOurs })
  rig.engine.start()
  await rig.clock.advance(1_000)
  const before = { ...asked }
  tell(TOPIC)
  await rig.clock.settle()
  assert.deepEqual(asked, { backlog: before.backlog, claim: before.claim + 1 })
  isOurs = false
  tell(TOPIC)
  tell('roster')
  await rig.clock.settle()
  assert.deepEqual(asked, { backlog: before.backlog, claim: before.claim + 1 })
  tell('anything')
  await rig.clock.advance(100)
  assert.equal(asked.backlog, before.backlog + 1)
})

test('a Topic that took nothing here is not said to be down once another gateway has it', async () => {
  let isOurs = true
  await using rig = await createRig({ destinations: ['incident'], kind: 'topic', isOurs: () => isOurs })
  rig.to('incident').answer = () => DOWN
  rig.engine.start()
  await rig.take('report')
  await rig.clock.settle()
  assert.equal(rig.engine.down().length, 1)
  isOurs = false
  assert.deepEqual(rig.engine.down(), [])
  const tries = rig.to('incident').sent.length
  await rig.clock.advance(HOUR)
  assert.equal(rig.to('incident').sent.length, tries)
})

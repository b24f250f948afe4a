import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LotsUnderWay } from '../../../src/grid/pubsub/lots-under-way.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('three may be under way, and one of them makes room', async () => {
  const lots = new LotsUnderWay()
  const taken = [1, 2, 3].map(() => Promise.withResolvers<boolean>())
  const seen: string[] = []
  for (const one of taken) {
    await lots.room()
    lots.begin(one.promise)
  }
  void lots.room().then(() => seen.push('room'))
  void lots.end().then(() => seen.push('end'))
  await settled()
  assert.deepEqual(seen, [])
  taken[0]?.resolve(true)
  await settled()
  assert.deepEqual(seen, ['room'])
  taken[1]?.resolve(true)
  taken[2]?.resolve(true)
  await settled()
  assert.deepEqual(seen, ['room', 'end'])
  assert.equal(lots.failed, false)
})

test('one that was not taken is remembered, whatever came of the others', async () => {
  const lots = new LotsUnderWay()
  for (const taken of [true, false, true]) lots.begin(Promise.resolve(taken))
  await lots.end()
  assert.equal(lots.failed, true)
})

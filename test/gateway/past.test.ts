import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPast } from '../../src/gateway/past.ts'
import { digestOf } from '../../src/relay/item-digest.ts'
import { createBench, MEMORY } from '../store/support.ts'

test('what is passed over is seen, the newest is where reading goes on, and it is due once', async () => {
  await using own = await createBench(MEMORY)
  const { cursor, past } = createPast(own.store, own.clock)
  assert.equal(await past.isDue('incident'), true)
  await past.pass('incident', [
    ['a', past.mark('<a/>')],
    ['b', past.mark('<b/>')],
  ])
  assert.equal(await past.isDue('incident'), false)
  assert.equal((await cursor('incident'))?.itemId, 'b')
  assert.equal(await own.store.seen({ topic: 'incident', itemId: 'a', digest: digestOf('<a/>') }), true)
  assert.equal(await own.store.seen({ topic: 'incident', itemId: 'a', digest: digestOf('<other/>') }), false)
})

test('a Topic that kept nothing is begun as well, and has no place to go on from', async () => {
  await using own = await createBench(MEMORY)
  const { cursor, past } = createPast(own.store, own.clock)
  await past.pass('incident', [])
  assert.equal(await past.isDue('incident'), false)
  assert.equal(await cursor('incident'), undefined)
})

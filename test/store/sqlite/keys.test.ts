import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBench, delivery, envelope, MEMORY, request, sha } from '../support.ts'

/** Digests that an index has the same of: its first bytes. */
const alike = (name: string) => `0123456789abcdef${sha(name).slice(16)}`

test('messages, items and variants whose digests begin the same are told apart', async () => {
  await using bench = await createBench(MEMORY)
  const { store, clock } = bench
  const send = (name: string, more: { item: string; variant?: string }) =>
    store.accept(
      envelope(clock, name, [delivery(name, { ...more, payload: '<x/>' })], { digest: alike(`message ${name}`) }),
    )
  const outcomes = [
    await send('a', { item: alike('A') }),
    await send('b', { item: alike('B') }),
    await send('c', { item: alike('B'), variant: alike('one') }),
    await send('d', { item: alike('B'), variant: alike('two') }),
    await send('e', { item: alike('B'), variant: alike('two') }),
    await send('a', { item: alike('A') }),
  ]
  assert.deepEqual(
    outcomes.map((one) => (one.outcome === 'duplicate' ? 'duplicate' : one.deliveries.length)),
    // whoever waits for the same from the same source is not stored twice
    [1, 1, 1, 1, 0, 'duplicate'],
  )
  assert.equal((await store.findEnvelope('rid-to-grid', 'csirt-a', alike('message z')))?.id, undefined)
  assert.equal((await store.claim(request(clock))).length, 4)
  assert.deepEqual(await store.sourcesOf(alike('C')), [])
})

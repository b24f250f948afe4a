import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBench, delivery, envelope, MEMORY, request } from '../support.ts'

test('a claim from a long queue of many sources looks at few of its rows', async () => {
  await using bench = await createBench(MEMORY)
  const { store, clock } = bench
  for (let n = 0; n < 20; n++) {
    const flood = Array.from({ length: 1000 }, (_, i) => delivery(`flood ${n} ${i}`))
    await store.accept(envelope(clock, `${n}`, flood, { source: `flood ${n % 3}` }))
  }
  const later = { notBefore: clock.now() + 1_000_000 }
  const others = Array.from({ length: 300 }, (_, n) =>
    store.accept(envelope(clock, `later ${n}`, [delivery(`later ${n}`, later)], { source: `other ${n}` })),
  )
  await Promise.all(others)
  const start = performance.now()
  for (let n = 0; n < 20; n++) assert.equal((await store.claim(request(clock, { limit: 64 }))).length, 64)
  // walking the whole queue for each source takes half a minute
  const took = performance.now() - start
  assert.ok(took < 10_000, `20 claims took ${Math.round(took)} ms`)
})

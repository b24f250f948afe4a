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

test('a claim of one from a queue of many sources does not look for all of them', async () => {
  await using bench = await createBench(MEMORY)
  const { store, clock } = bench
  const each = Array.from({ length: 10_000 }, (_, n) => delivery(`item ${n}`, { origin: `publisher ${n}` }))
  await store.accept(envelope(clock, 'crowd', each))
  const start = performance.now()
  for (let n = 0; n < 1000; n++) assert.equal((await store.claim(request(clock, { limit: 1 }))).length, 1)
  // looking for the line of each takes 11 s
  const took = performance.now() - start
  assert.ok(took < 5000, `1000 claims took ${Math.round(took)} ms`)
})

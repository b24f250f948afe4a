import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimRequest, Delivery } from '../../../src/store/contract.ts'
import { createHandedOut, type Unheard } from '../../../src/store/postgres/handed-out.ts'
import { eventually } from '../../support/eventually.ts'

const REQUEST: ClaimRequest = { kind: 'topic', destination: 't', limit: 5, now: 1_000, leaseMs: 1 }

type Asked = ClaimRequest & { readonly unheard: Unheard | undefined }

/** `answers`: what each claim comes to, one after the other; behind them nothing is there. */
function bench(answers: (() => Promise<string[]>)[], patience = 60_000) {
  const asked: Asked[] = []
  const bench = { asked, time: 1_000, back: 0 }
  const handedOut = createHandedOut({
    now: () => bench.time,
    async carryOut(request, unheard) {
      asked.push({ ...request, unheard })
      const ids = (await answers.shift()?.()) ?? []
      return ids.map((id) => [{ id } as Delivery])
    },
    tookBack() {
      bench.back += 1
    },
    patience,
  })
  return { bench, handedOut }
}

const lost = () => Promise.reject(new Error('lost'))

test('what nobody heard of is taken back by the next claim, and of what was heard of nothing', async () => {
  const { bench: told, handedOut } = bench([async () => ['a', 'b'], lost])
  using _ = handedOut
  await handedOut.claim(REQUEST)
  told.time = 2_000
  await assert.rejects(handedOut.claim(REQUEST))
  assert.ok(handedOut.isInDoubt(REQUEST))
  assert.ok(!handedOut.isInDoubt({ ...REQUEST, destination: 'u' }))
  handedOut.settled(['a'])
  await handedOut.claim(REQUEST)
  assert.deepEqual(told.asked.at(-1)?.unheard, { until: 2_000 })
  assert.deepEqual(handedOut.ids(), ['b'])
  assert.ok(!handedOut.isInDoubt(REQUEST))
})

test('what was claimed before the clock went back is taken back, too', async () => {
  const { bench: told, handedOut } = bench([lost, lost])
  using _ = handedOut
  told.time = 500
  await assert.rejects(handedOut.claim(REQUEST))
  told.time = 100
  await assert.rejects(handedOut.claim({ ...REQUEST, now: 100 }))
  await handedOut.claim({ ...REQUEST, now: 100 })
  assert.deepEqual(told.asked.at(-1)?.unheard, { until: 1_000 })
})

test('where nothing is claimed any more it is taken back all the same, and nothing is taken', async () => {
  const { bench: told, handedOut } = bench([lost, lost], 20)
  using _ = handedOut
  await assert.rejects(handedOut.claim(REQUEST))
  await eventually('it to be taken back', () => told.back === 1)
  // not at once: the first try was lost, too
  assert.deepEqual(
    told.asked.map(({ limit }) => limit),
    [5, 0, 0],
  )
  assert.ok(!handedOut.isInDoubt(REQUEST))
})

test('nothing is taken back beside a claim, which was not told yet what it has', async () => {
  const { promise, resolve } = Promise.withResolvers<string[]>()
  const { bench: told, handedOut } = bench([lost, () => promise], 20)
  using _ = handedOut
  await assert.rejects(handedOut.claim(REQUEST))
  const claimed = handedOut.claim(REQUEST)
  await new Promise((passed) => setTimeout(passed, 100))
  resolve(['a'])
  await claimed
  assert.deepEqual([told.asked.length, told.back, handedOut.ids()], [2, 0, ['a']])
})

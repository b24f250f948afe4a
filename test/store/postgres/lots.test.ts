import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { inLots } from '../../../src/store/postgres/lots.ts'

test('what many ask at the same time, or while a lot is under way, goes to the server in one journey, and each has its own answer', async () => {
  const lots: number[][] = []
  const double = inLots(async (questions: readonly number[]) => {
    lots.push([...questions])
    await wait(5)
    return questions.map((n) => 2 * n)
  })
  assert.deepEqual(await Promise.all([1, 2, 3].map(double)), [2, 4, 6])
  const first = double(4)
  await wait(1)
  assert.deepEqual(await Promise.all([first, double(5), double(6)]), [8, 10, 12])
  assert.deepEqual(
    await Promise.all(Array.from({ length: 70 }, (_, n) => double(n))),
    Array.from({ length: 70 }, (_, n) => 2 * n),
  )
  assert.deepEqual(
    lots.map(({ length }) => length),
    [3, 1, 2, 64, 6],
  )
})

test('a lot that fails, or that nobody ever answers, keeps nobody who asks later from an answer', async () => {
  const fates = [() => Promise.reject(new Error('lost')), () => new Promise<never>(() => undefined), async () => {}]
  const asked = inLots(async (questions: readonly string[]) => {
    await fates.shift()?.()
    return questions
  })
  const lost = Promise.allSettled([asked('a'), asked('b')])
  assert.deepEqual(
    (await lost).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  void asked('never')
  await wait(10)
  assert.equal(await asked('c'), 'c')
})

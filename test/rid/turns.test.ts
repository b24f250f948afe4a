import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Turns } from '../../src/rid/turns.ts'

/** Work that ends when it is told to, and says what is under way. */
function bench(limits = { atOnce: 2, waitingEach: 2, waiting: 3 }) {
  const turns = new Turns(limits)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    take: (name: string, isKnown = false) =>
      turns.take(name.replace(/\d/, ''), isKnown, () => {
        begun.push(name)
        const { promise, resolve } = Promise.withResolvers<string>()
        ends.set(name, () => resolve(name))
        return promise
      }),
    end: async (name: string) => {
      ends.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('turns', () => {
  test('are one of a network, two of all, and the networks take them in turn', async () => {
    const { begun, take, end } = bench()
    const all = ['a1', 'a2', 'a3', 'b1', 'c1'].map((name) => take(name))
    await end('')
    assert.deepEqual(begun, ['a1', 'b1'])
    await end('a1')
    assert.deepEqual(begun, ['a1', 'b1', 'a2'])
    await end('a2')
    assert.deepEqual(begun, ['a1', 'b1', 'a2', 'c1'], 'the third of a stands behind c, which came later')
    for (const name of ['b1', 'c1', 'a3']) await end(name)
    assert.deepEqual(await Promise.all(all), ['a1', 'a2', 'a3', 'b1', 'c1'])
  })

  test('are refused at once where too many wait, of one network or in all', async () => {
    const { take, end } = bench()
    const taken = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'd1'].map((name) => take(name) !== undefined)
    assert.deepEqual(taken, [true, true, true, false, true, true, false])
    await end('')
    for (const name of ['a1', 'b1', 'c1', 'a2', 'a3']) await end(name)
    const later = take('d1')
    await end('')
    await end('d1')
    assert.equal(await later, 'd1')
  })

  test('come first to networks that a peer came from, however many others wait', async () => {
    const { begun, take, end } = bench({ atOnce: 1, waitingEach: 2, waiting: 1 })
    const first = ['a1', 'b1'].map((name) => take(name))
    assert.equal(take('c1'), undefined)
    const known = take('p1', true)
    await end('')
    await end('a1')
    assert.deepEqual(begun, ['a1', 'p1'])
    await end('p1')
    assert.deepEqual(begun, ['a1', 'p1', 'b1'])
    await end('b1')
    assert.deepEqual(await Promise.all([...first, known]), ['a1', 'b1', 'p1'])
  })

  test('go on behind work that fails', async () => {
    const turns = new Turns({ atOnce: 1, waitingEach: 1, waiting: 1 })
    const failed = turns.take('a', false, () => Promise.reject(new Error('no memory')))
    const next = turns.take('a', false, async () => 'done')
    await assert.rejects(failed ?? Promise.resolve(), /no memory/)
    assert.equal(await next, 'done')
  })
})

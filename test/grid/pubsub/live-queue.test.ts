import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep, setImmediate as soon } from 'node:timers/promises'
import fc from 'fast-check'
import { type LiveEntry, LiveQueue } from '../../../src/grid/pubsub/live-queue.ts'

const item = (id: string, length = 0): LiveEntry => ({
  kind: 'item',
  item: { id, xml: 'x'.repeat(length), publisher: undefined, malformed: false },
})
const retracted = (...ids: string[]): LiveEntry => ({ kind: 'retracted', ids })
const named = (entries: readonly LiveEntry[]) =>
  entries.map((entry) => (entry.kind === 'item' ? entry.item.id : `-${entry.ids.join('-')}`)).join(' ')
const never = new AbortController().signal

describe('what arrived live', () => {
  test('is handed on in its order, together where none takes back what another one is about', () => {
    const queue = new LiveQueue(1_000_000)
    const takes = (limits: number[]) => limits.map((limit) => named(queue.take(limit)))
    for (const entry of [item('a'), item('b'), retracted('a'), item('c'), item('d'), item('e')]) queue.push(entry)
    assert.deepEqual(takes([5, 2, 5, 5]), ['a b', '-a c', 'd e', ''])
    for (const entry of [item('c'), retracted('x', 'y'), item('y'), item('d'), retracted('z')]) queue.push(entry)
    assert.deepEqual(takes([9, 9, 9]), ['c -x-y', 'y d -z', ''])
    // a Topic that was cleared
    for (const entry of [item('a'), retracted(), retracted('b'), item('a'), item('b')]) queue.push(entry)
    assert.deepEqual(takes([9, 9, 9, 9]), ['a', '- -b', 'a b', ''])
  })

  test('is gathered also where each takes the place of another one', async () => {
    const queue = new LiveQueue(1_000_000, 30)
    queue.push(item('a'))
    queue.take(9)
    queue.push(retracted('x'))
    const gathered = queue.gather(9, never)
    for (const entry of [item('b'), retracted('y'), item('c')]) queue.push(entry)
    await gathered
    assert.equal(named(queue.take(9)), '-x b -y c')
  })

  test('goes on at once by itself, and is gathered where it comes at a rate', async () => {
    const queue = new LiveQueue(1_000_000, 3_600_000)
    const end = new AbortController()
    const gathered = () => Promise.race([queue.gather(3, end.signal).then(() => 'gathered'), soon('not yet')])
    queue.push(item('a'))
    assert.equal(await gathered(), 'gathered')
    queue.take(3)
    queue.push(item('b'))
    assert.equal(await gathered(), 'not yet')
    for (const id of ['c', 'd']) queue.push(item(id))
    assert.equal(await gathered(), 'gathered')
    queue.take(3)
    queue.push(item('e'))
    // nothing more can be taken with it
    queue.push(retracted('e'))
    assert.equal(await gathered(), 'gathered')
    end.abort()
  })

  test('waits for others no longer once they are enough, or too much', async () => {
    for (const rest of [[item('c'), item('d')], [item('c', 5_000)]]) {
      const queue = new LiveQueue(1_000, 3_600_000)
      queue.push(item('a'))
      queue.take(3)
      queue.push(item('b'))
      const gathered = queue.gather(3, never)
      for (const entry of rest) queue.push(entry)
      await gathered
    }
  })

  test('waits for others only where the one before it came not long ago, and no longer than that', async () => {
    const queue = new LiveQueue(1_000_000, 30)
    for (const id of ['a', 'b']) {
      queue.push(item(id))
      const gathered = queue.gather(3, never).then(() => 'gathered')
      assert.equal(await Promise.race([gathered, soon('not yet')]), 'gathered')
      queue.take(3)
      await sleep(60)
    }
    queue.push(item('c'))
    queue.take(3)
    queue.push(item('d'))
    await queue.gather(3, never)
    queue.push(item('e'))
    assert.equal(named(queue.take(3)), 'd e')
  })

  test('comes first again when it could not be handed on', () => {
    const queue = new LiveQueue(1_000_000)
    for (const id of ['a', 'b', 'c']) queue.push(item(id))
    queue.putBack(queue.take(2))
    queue.push(item('d'))
    assert.equal(named(queue.take(9)), 'a b c d')
  })

  test('is forgotten over its bound, and that is told until it is cleared', () => {
    const queue = new LiveQueue(1_000)
    queue.push(item('a', 300))
    // an item takes 200 itself
    queue.push(item('b', 300))
    assert.equal(queue.overflowed, false)
    queue.push(retracted('x'))
    assert.equal(queue.overflowed, true)
    assert.deepEqual(queue.take(9), [])
    queue.push(item('c'))
    queue.putBack([item('a')])
    assert.deepEqual(queue.take(9), [])
    queue.clear()
    assert.equal(queue.overflowed, false)
    queue.push(item('d', 800))
    assert.equal(named(queue.take(9)), 'd')
  })

  test('is forgotten, and makes room, when it is cleared', () => {
    const queue = new LiveQueue(1_000)
    queue.push(item('a', 700))
    queue.clear()
    assert.deepEqual(queue.take(9), [])
    queue.push(item('b', 700))
    assert.equal(named(queue.take(9)), 'b')
    // of retractions each takes a hundred
    queue.push(retracted(...'0123456789'))
    assert.equal(queue.overflowed, false)
    queue.push(retracted('x'))
    assert.equal(queue.overflowed, true)
  })

  test('makes room as it is taken, and takes it again when put back', () => {
    const queue = new LiveQueue(1_000)
    for (let n = 0; n < 100; n += 1) {
      queue.push(item(String(n), 800))
      assert.equal(queue.take(1).length, 1, String(n))
    }
    queue.push(item('a', 300))
    queue.putBack(queue.take(1))
    queue.push(item('b', 301))
    assert.equal(queue.overflowed, true)
  })

  test('is all there, once, whatever is taken and put back', () => {
    const steps = fc.array(fc.oneof(fc.constant('push'), fc.constant('take'), fc.constant('back')), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (script) => {
        const queue = new LiveQueue(1_000_000)
        const [pushed, done]: [string[], string[]] = [[], []]
        let taken: LiveEntry[] = []
        for (const step of script) {
          if (step === 'push') {
            pushed.push(String(pushed.length))
            queue.push(item(pushed.at(-1) ?? ''))
          } else if (step === 'back') {
            queue.putBack(taken)
            taken = []
          } else {
            done.push(...named(taken).split(' ').filter(Boolean))
            taken = queue.take(3)
          }
        }
        done.push(
          ...named([...taken, ...queue.take(1_000)])
            .split(' ')
            .filter(Boolean),
        )
        assert.deepEqual(done, pushed)
      }),
    )
  })
})

describe('waiting for more', () => {
  test('ends when something comes, or overflows', async () => {
    const queue = new LiveQueue(1_000)
    const first = queue.wait(60_000, never)
    queue.push(item('a'))
    await first
    await queue.wait(60_000, never)
    queue.take(1)
    const second = queue.wait(60_000, never)
    queue.push(item('b', 5_000))
    await second
    await queue.wait(60_000, never)
  })

  test('ends in time, when it is told to, and with its signal', async () => {
    const queue = new LiveQueue(1_000)
    await queue.wait(1, never)
    const poked = queue.wait(60_000, never)
    queue.poke()
    await poked
    const abort = new AbortController()
    const aborted = queue.wait(60_000, abort.signal)
    abort.abort()
    await aborted
    await queue.wait(60_000, abort.signal)
    // nobody waits
    queue.poke()
  })
})

for (const [what, flood] of [
  ['purges', { kind: 'retracted', ids: [] }],
  ['retractions of long ids', { kind: 'retracted', ids: ['x'.repeat(3_000)] }],
  [
    'items with long ids',
    { kind: 'item', item: { id: 'x'.repeat(3_000), xml: undefined, publisher: undefined, malformed: false } },
  ],
] as const) {
  test(`a flood of ${what} does not fill the memory while the handlers are busy`, () => {
    const queue = new LiveQueue(100_000)
    const most = flood.kind === 'retracted' && flood.ids.length === 0 ? 1_001 : 40
    for (let i = 0; i < most; i += 1) queue.push(flood)
    assert.equal(queue.overflowed, true)
  })
}

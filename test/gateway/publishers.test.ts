import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createPublishers } from '../../src/gateway/publishers.ts'
import type { Change } from '../../src/store/contract.ts'
import { createVirtualClock } from '../support/clock.ts'

const TOPICS = Array.from({ length: 40 }, (_, n) => `topic-${n}`)

/** What PostgreSQL does with parts, by the server's clock. */
function bench() {
  const clock = createVirtualClock()
  const until = new Map<string, number>()
  const left = new Map<string, readonly string[]>()
  const listeners = new Map<string, (change: Change) => void>()
  /** these have no answer any more, and are told nothing */
  const cut = new Set<string>()
  const told = (from: string) => {
    for (const [name, listener] of listeners) if (name !== from && !cut.has(name)) listener('roster')
  }
  const store = (own: string) => ({
    async enlist(_name: string, ms: number, without: readonly string[] = []) {
      if (cut.has(own)) return new Promise<never>(() => undefined)
      const isFresh = !until.has(own) || left.get(own)?.join() !== without.join()
      until.set(own, clock.now() + ms)
      left.set(own, without)
      if (isFresh) told(own)
      const all = [...until].filter(([, end]) => end > clock.now()).map(([name]) => name)
      return { own, all: all.toSorted(), without: new Map(all.map((one) => [one, left.get(one) ?? []])) }
    },
    async leave() {
      if (cut.has(own)) return
      until.delete(own)
      told(own)
    },
    async roster() {
      if (cut.has(own)) return new Promise<never>(() => undefined)
      return [...until].flatMap(([name, end]) => (end > clock.now() ? [name] : [])).toSorted()
    },
    onChange(listener: (change: Change) => void) {
      listeners.set(own, listener)
      return { [Symbol.dispose]: () => void listeners.delete(own) }
    },
  })
  const moves: string[] = []
  const leftBy: string[] = []
  const gateway = (name: string) => {
    const tell = (_event: 'topic-left', { topic }: { topic: string }) => void leftBy.push(`${name}: ${topic}`)
    const publishers = createPublishers({ store: store(name), clock, tell, moved: () => void moves.push(name) })
    publishers.start()
    return publishers
  }
  const ours = (one: ReturnType<typeof gateway>) => TOPICS.filter((topic) => one.isOurs(topic))
  return { clock, cut, moves, gateway, ours, until, leftBy }
}

describe('Topics that gateways on one store publish to', () => {
  test('are those of who is alone with a session, at once, and everybody’s where nobody has one', async () => {
    const { clock, gateway, ours } = bench()
    await using one = gateway('one')
    await using two = gateway('two')
    await clock.advance(20_000)
    assert.deepEqual([ours(one), ours(two)], [TOPICS, TOPICS])
    one.session(true)
    await clock.advance(0)
    assert.deepEqual([ours(one), ours(two)], [TOPICS, []])
    await clock.advance(60_000)
    assert.deepEqual([ours(one), ours(two)], [TOPICS, []])
    one.session(false)
    assert.deepEqual(ours(one), [], 'until it is known who has them')
    await clock.advance(0)
    assert.deepEqual([ours(one), ours(two)], [TOPICS, TOPICS])
  })

  test('that stay the same are told of once', async () => {
    const { clock, gateway, moves } = bench()
    await using one = gateway('one')
    one.session(true)
    await clock.advance(60_000)
    assert.deepEqual(moves, ['one'])
  })

  test('are each one gateway’s, and one more takes from the others what it gets and nothing else', async () => {
    const { clock, gateway, ours } = bench()
    await using one = gateway('one')
    await using two = gateway('two')
    await using three = gateway('three')
    one.session(true)
    two.session(true)
    await clock.advance(100)
    const [first, second] = [ours(one), ours(two)]
    assert.deepEqual([...first, ...second].toSorted(), TOPICS.toSorted())
    assert.ok(first.length > 5 && second.length > 5, `${first.length} and ${second.length}`)
    three.session(true)
    await clock.advance(100)
    const third = ours(three)
    assert.ok(third.length > 3, String(third.length))
    assert.deepEqual(
      ours(one),
      first.filter((topic) => !third.includes(topic)),
    )
    assert.deepEqual(
      ours(two),
      second.filter((topic) => !third.includes(topic)),
    )
  })

  test('are another’s within 15 s once a gateway gives no sign any more, and no longer its own', async () => {
    const { clock, cut, gateway, ours } = bench()
    await using one = gateway('one')
    await using two = gateway('two')
    one.session(true)
    two.session(true)
    await clock.advance(10_000)
    cut.add('one')
    await clock.advance(15_000)
    assert.deepEqual([ours(one), ours(two)], [[], TOPICS])
  })

  test('are another’s at once when a gateway loses its session, or stops', async () => {
    const { clock, gateway, ours, until } = bench()
    await using one = gateway('one')
    await using two = gateway('two')
    for (const publishers of [one, two]) publishers.session(true)
    await clock.advance(100)
    one.session(false)
    await clock.advance(0)
    assert.deepEqual([ours(one), ours(two)], [[], TOPICS])
    one.session(true)
    await clock.advance(0)
    assert.ok(ours(one).length > 0)
    const leaving = one.leave()
    await clock.advance(0)
    await leaving
    assert.deepEqual([ours(one), ours(two), [...until.keys()]], [[], TOPICS, ['two']])
    // a session that comes up while it drains is no reason to take them again
    one.session(true)
    await clock.advance(10_000)
    assert.deepEqual([ours(one), ours(two)], [[], TOPICS])
  })

  test('that takes nothing from a gateway with a session is another’s within a minute, and comes back at long intervals only', async () => {
    const { clock, gateway, ours, leftBy } = bench()
    await using one = gateway('one')
    await using two = gateway('two')
    for (const publishers of [one, two]) publishers.session(true)
    await clock.advance(100)
    const [topic = '', fine = ''] = ours(one)
    const before = { one: ours(one), two: ours(two) }
    /** every two seconds whoever has it tries, in vain at these; how often it went from one to the other */
    const attempt = (...refused: readonly (typeof one)[]) => {
      const [owner] = [one, two].filter((publishers) => publishers.isOurs(topic))
      owner?.tried(topic, clock.now(), !refused.includes(owner))
      one.tried(fine, clock.now(), true)
    }
    const publish = async (seconds: number, ...refused: readonly (typeof one)[]) => {
      let moves = 0
      for (let n = 0, last = one.isOurs(topic); n < seconds; n += 2) {
        attempt(...refused)
        await clock.advance(2_000)
        if (last !== one.isOurs(topic)) moves += 1
        last = one.isOurs(topic)
      }
      return moves
    }
    assert.equal(await publish(28, one), 0)
    assert.deepEqual(ours(one), before.one)
    await publish(12, one)
    assert.deepEqual([one.isOurs(topic), two.isOurs(topic), one.isOurs(fine)], [false, true, true])
    assert.deepEqual(leftBy, [`one: ${topic}`])
    // nobody else may have it: it stays
    assert.equal(await publish(240, one, two), 0)
    assert.ok(
      (await publish(7_200, one)) <= 10,
      'it goes to and fro in five minutes, ten, twenty, forty, then in hours',
    )
    // at its return it finds a Broker that takes it
    await publish(3_700)
    assert.deepEqual([ours(one), ours(two)], [before.one, before.two])
  })

  test('stay where they are while nobody else has a session, and what one session met says nothing of the next', async () => {
    const { clock, gateway, ours, leftBy } = bench()
    await using one = gateway('one')
    await using two = gateway('two')
    one.session(true)
    await clock.advance(100)
    const [topic = ''] = ours(one)
    for (let n = 0; n < 20; n += 1) {
      one.tried(topic, clock.now(), false)
      await clock.advance(3_000)
    }
    assert.equal(one.isOurs(topic), true)
    one.session(false)
    one.session(true)
    two.session(true)
    await clock.advance(10_000)
    assert.equal(ours(one).length + ours(two).length, TOPICS.length)
    assert.deepEqual(leftBy, [])
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadAhead } from '../../../src/grid/pubsub/read-ahead.ts'
import { until } from '../../support/recorder.ts'

const KEYS = Array.from({ length: 200 }, (_, i) => `key ${i}`)
const NEVER = new Promise<never>(() => undefined)

/** Whoever is asked answers when told to, each answer being of this size. */
function asked(keys: readonly string[], size = 1) {
  const open = new Map<string, PromiseWithResolvers<string>>()
  const all: string[] = []
  const ask = (key: string) => {
    const question = Promise.withResolvers<string>()
    open.set(key, question)
    all.push(key)
    return question.promise
  }
  const answer = (key: string) => {
    open.get(key)?.resolve(`of ${key}`)
    open.delete(key)
  }
  return {
    ahead: new ReadAhead(keys, ask, () => size),
    all,
    open,
    answer,
    fail: (key: string) => open.get(key)?.reject(new Error(`no ${key}`)),
    /** until nothing more is asked */
    async answerAll() {
      while (open.size > 0) {
        for (const key of [...open.keys()].reverse()) answer(key)
        await settled()
      }
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const keysOf = (lot: readonly { readonly key: string }[]) => lot.map(({ key }) => key)

test('gives what was answered in the order of the keys, to the end', async () => {
  const t = asked(KEYS)
  const taken: string[] = []
  let lot = t.ahead.take()
  await t.answerAll()
  for (let got = await lot; got.length > 0; got = await lot) {
    taken.push(...got.map(({ key, answer }) => `${key}: ${answer}`))
    lot = t.ahead.take()
    await t.answerAll()
  }
  assert.deepEqual(
    taken,
    KEYS.map((key) => `${key}: of ${key}`),
  )
})

test('goes on asking while what came is worked on, a few at once, and not without end', async () => {
  const t = asked(KEYS)
  const first = t.ahead.take()
  assert.equal(t.open.size, 32)
  await t.answerAll()
  assert.equal((await first).length, 32)
  await t.answerAll()
  // one lot is taken, and two wait
  assert.deepEqual(t.all, KEYS.slice(0, 96))
})

test('asks no more while what waits is long, but never waits for ever', async () => {
  const t = asked(KEYS, 1_000_000)
  const taken: string[] = []
  while (taken.length < KEYS.length) {
    const lot = t.ahead.take()
    await t.answerAll()
    const got = keysOf(await lot)
    assert.ok(got.length <= 2, `${got.length} megabytes at once`)
    taken.push(...got)
    assert.ok(t.all.length - taken.length <= 64, `${t.all.length - taken.length} wait`)
  }
  assert.deepEqual(taken, KEYS)
  assert.deepEqual(await t.ahead.take(), [])
})

test('takes few at once only where nobody has others in hand', async () => {
  const t = asked(KEYS)
  const idle = Promise.withResolvers<void>()
  let lot: readonly string[] | undefined
  const taking = t.ahead.take(idle.promise).then((got) => {
    lot = keysOf(got)
  })
  for (const key of KEYS.slice(0, 3)) t.answer(key)
  await settled()
  assert.equal(lot, undefined)
  idle.resolve()
  await taking
  assert.deepEqual(lot, KEYS.slice(0, 3))

  const many = t.ahead.take(NEVER)
  for (const key of KEYS.slice(3, 19)) t.answer(key)
  assert.equal((await many).length, 16)
})

test('nor does it wait for many where there are no more', async () => {
  const t = asked(KEYS.slice(0, 3))
  const lot = t.ahead.take(NEVER)
  await t.answerAll()
  assert.equal((await lot).length, 3)
  assert.deepEqual(await t.ahead.take(NEVER), [])
})

test('fails in its turn with what one fails with, and asks nothing more', async () => {
  const t = asked(KEYS)
  const lot = t.ahead.take(NEVER)
  for (const key of KEYS.slice(0, 5)) t.answer(key)
  await settled()
  const { length } = t.all
  t.fail('key 7')
  await settled()
  await t.answerAll()
  assert.deepEqual(keysOf(await lot), KEYS.slice(0, 7))
  await assert.rejects(t.ahead.take(NEVER), { message: 'no key 7' })
  assert.equal(t.all.length, length)
})

test('asks nothing more when stopped', async () => {
  const t = asked(KEYS)
  void t.ahead.take()
  t.ahead.stop()
  await t.answerAll()
  await until(() => t.open.size === 0, 'the answers')
  assert.equal(t.all.length, 32)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as soon } from 'node:timers/promises'
import { Outlet } from '../../../src/grid/pubsub/outlet.ts'
import type { IqAnswer } from '../../../src/grid/xmpp/iq.ts'

const never = new AbortController().signal

/** A session that counts what it is asked, and a line of which something or nothing is known. */
function setUp(isKnown: boolean) {
  const pings: { padding: number; answer: (answer: IqAnswer) => void }[] = []
  const session = {
    flight: { rate: undefined, isKnown, beware: () => undefined },
    ping: (_timeoutMs?: number, padding = 0) =>
      new Promise<IqAnswer>((answer) => {
        pings.push({ padding, answer })
      }),
  }
  const outlet = new Outlet(session, () => undefined)
  const turn = (item: string, size: number) =>
    outlet.turn({ item, topic: 'incident', size, alone: false, signal: never })
  return { outlet, pings, turn }
}

test('a large item is written to a line only when it is known that it is neither slow nor dead', async () => {
  const { outlet, pings, turn } = setUp(false)
  const given = turn('large', 200_000).then(() => 'given')
  for (const asked of [4, 8]) {
    assert.equal(await Promise.race([given, soon('not yet')]), 'not yet')
    assert.equal(pings.length, asked)
    for (const { answer } of pings) answer({ kind: 'timeout' })
    await soon()
  }
  // whatever came of it: who is silent is found out by others
  assert.equal(await given, 'given')
  // every server takes a stanza of 10,000 bytes
  for (const { padding } of pings) assert.ok(padding > 8_000 && padding < 9_500, `${padding}`)
  outlet.close()
})

test('no more is under way than is soon known to be lost while nothing is known of the line', async () => {
  for (const [isKnown, most] of [
    [false, 3],
    [true, 5],
  ] as const) {
    const { outlet, turn } = setUp(isKnown)
    let given = 0
    // what came through quickly lets more be written, where it was more than a burst
    for (const item of ['a', 'b']) (await turn(item, 16_000))?.read()
    for (const item of ['c', 'd', 'e', 'f', 'g', 'h'])
      void turn(item, 10_900).then((one) => {
        given += one === undefined ? 0 : 1
      })
    await soon()
    assert.equal(given, most)
    outlet.close()
  }
})

for (const [what, isKnown, size] of [
  ['a small item', false, 20_000],
  ['an item on a line that is known', true, 200_000],
] as const) {
  test(`${what} waits for no question about the line`, async () => {
    const { outlet, pings, turn } = setUp(isKnown)
    assert.equal((await turn('a', size))?.item, 'a')
    assert.equal(pings.length, 0)
    outlet.close()
  })
}

test('places of a Topic are given again in lots, so that no claim brings one item alone', async () => {
  const { outlet, turn } = setUp(true)
  const turns = await Promise.all(Array.from({ length: 64 }, (_, n) => turn(`${n}`, 10)))
  const answered = (count: number) => {
    for (const one of turns.splice(0, count)) {
      one?.read()
      one?.end()
    }
    return outlet.room('incident')
  }
  assert.equal(outlet.room('incident'), 0)
  assert.equal(answered(15), 0)
  assert.equal(answered(1), 16)
  assert.equal(answered(48), 64)
  outlet.close()
})

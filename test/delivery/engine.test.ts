import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SinkOutcome } from '../../src/delivery/sink.ts'
import type { Store } from '../../src/store/contract.ts'
import { createBench, sha } from '../store/support.ts'
import { BUSY, createRig, DAY, DELIVERED, DOWN, HELD, HOUR } from './support.ts'

/** of an hour, in ms: the engine looks each second, and a test's hour is 3,600 of them */
const QUARTER = HOUR / 4

const whats = (sent: readonly { what: string }[]) => sent.map((one) => one.what)

describe('delivering', () => {
  test('sends what is accepted, settles it on proof and leaves a trace', async () => {
    await using rig = await createRig({ kind: 'topic', destinations: ['incident'] })
    rig.engine.start()
    await rig.take('A', 'incident', { incident: 'csirt-a.example 1' })
    await rig.clock.settle()
    assert.deepEqual(whats(rig.to('incident').sent), ['A'])
    assert.equal((await rig.all())[0]?.state, 'delivered')
    const [event] = await rig.store.trace('1')
    assert.equal(event?.event, 'published')
    assert.equal(event?.fields.delivery, (await rig.all())[0]?.id)
    assert.equal(event?.fields.destination, 'incident')
    assert.equal(event?.fields.attempts, 1)
  })

  test('sends what an earlier run had under way', async () => {
    await using rig = await createRig()
    await rig.take('A')
    await rig.store.claim({ kind: 'peer', destination: 'csirt-a', limit: 1, now: rig.clock.now(), leaseMs: HOUR })
    rig.engine.start()
    await rig.clock.settle()
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
  })

  test('never has more under way than the destination takes, and uses what it takes', async () => {
    await using rig = await createRig({ concurrency: 4 })
    const peer = rig.to('csirt-a')
    peer.answer = async () => {
      await rig.clock.sleep(100)
      return DELIVERED
    }
    rig.engine.start()
    for (let n = 0; n < 20; n++) await rig.take(`${n}`)
    await rig.clock.advance(500)
    assert.equal(peer.most(), 4)
    assert.equal(peer.sent.length, 20)
    assert.ok(Object.values(await rig.outcomes()).every((state) => state === 'delivered'))
  })

  test('looks for what is to be sent once for all that came in together, and not again for each that was sent', async () => {
    let claims = 0
    const through = (store: Store): Store => ({
      ...store,
      claim(request) {
        claims += 1
        return store.claim(request)
      },
    })
    await using rig = await createRig({ concurrency: 16, through })
    rig.engine.start()
    await rig.clock.settle()
    const before = claims
    await Promise.all(Array.from({ length: 8 }, (_, n) => rig.take(`${n}`)))
    await rig.clock.settle()
    assert.equal(rig.to('csirt-a').sent.length, 8)
    // once for them, and once for what may stand behind them in their lines
    assert.ok(claims - before <= 3, `${claims - before} claims`)
  })

  test('sends what may go of a document when policy keeps one part of it back', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = (_what, _signal, unit) => {
      const secret = unit.find((one) => one.payload === 'B')
      return secret === undefined ? DELIVERED : { kind: 'withhold', reason: 'private', only: secret.id }
    }
    const group = { id: 'document', items: ['A', 'B', 'C'].map((name) => sha(`csirt-a ${name}`)) }
    for (const name of ['A', 'B', 'C']) await rig.take(name, 'csirt-a', { group, notBefore: rig.clock.now() + HOUR })
    rig.engine.start()
    await rig.clock.advance(60_000)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered', B: 'withheld', C: 'delivered' })
    assert.deepEqual(
      peer.sent.map(({ what }) => what),
      ['A+B+C', 'A+C'],
    )
  })

  test('holds and withholds for an operator, with the reason', async () => {
    await using rig = await createRig()
    rig.to('csirt-a').answer = (what) => (what === 'A' ? HELD : { kind: 'withhold', reason: 'private' })
    rig.engine.start()
    await rig.take('A')
    await rig.take('B')
    await rig.clock.advance(HOUR)
    assert.deepEqual(
      (await rig.all()).map(({ state, reason, attempts }) => ({ state, reason, attempts })),
      [
        { state: 'held', reason: 'HTTP 400', attempts: 1 },
        { state: 'withheld', reason: 'private', attempts: 0 },
      ],
    )
    assert.equal(rig.to('csirt-a').sent.length, 2)
  })

  test('takes what a sink throws as a reason to try again', async () => {
    await using rig = await createRig()
    let calls = 0
    rig.to('csirt-a').answer = () => {
      if (++calls === 1) throw new Error('out of luck')
      return DELIVERED
    }
    rig.engine.start()
    await rig.take('A')
    await rig.clock.settle()
    assert.match((await rig.all())[0]?.reason ?? '', /^internal: out of luck/)
    await rig.clock.advance(2000)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
  })

  test('outlives a peer that answers 503 for an hour', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    const end = rig.clock.now() + HOUR
    peer.answer = () => (rig.clock.now() < end ? BUSY : DELIVERED)
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(HOUR)
    const tries = peer.sent.length
    assert.ok(tries > 8 && tries < 40, `${tries} attempts in an hour`)
    assert.equal((await rig.all())[0]?.attempts, tries)
    await rig.clock.advance(600_000)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
    assert.equal(
      (await rig.store.trace((await rig.all())[0]!.incident)).filter((one) => one.event === 'retried').length,
      tries,
    )
  })

  test('keeps to Retry-After', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = () => (peer.sent.length === 1 ? { ...BUSY, retryAfter: 120_000 } : DELIVERED)
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(119_999)
    assert.equal(peer.sent.length, 1)
    await rig.clock.advance(1)
    assert.equal(peer.sent.length, 2)
  })

  test('keeps the order of an incident while others pass', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = (what) => (what === 'A1' && peer.sent.length < 4 ? BUSY : DELIVERED)
    rig.engine.start()
    for (const name of ['A1', 'A2', 'A3']) await rig.take(name, 'csirt-a', { incident: 'x A' })
    await rig.take('B')
    await rig.clock.advance(HOUR)
    const order = whats(peer.sent)
    assert.equal(order.filter((what) => what === 'A1').length, order.indexOf('A2') - 1, 'B alone went before A2')
    assert.deepEqual(order.slice(-2), ['A2', 'A3'])
    assert.ok(order.indexOf('B') < order.indexOf('A2'))
  })

  test('gives up at maxAge, and says why', async () => {
    await using rig = await createRig({ maxAge: 2 * HOUR })
    rig.to('csirt-a').answer = () => BUSY
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(2 * HOUR - 1)
    assert.equal((await rig.all())[0]?.state, 'pending')
    await rig.clock.advance(1)
    assert.equal((await rig.all())[0]?.state, 'held')
    assert.equal((await rig.all())[0]?.reason, 'gave up after 2 h: HTTP 503')
    assert.equal((await rig.store.trace((await rig.all())[0]!.incident)).at(-1)?.event, 'held')
  })

  test('gives up later where the sink says so, and never sooner', async () => {
    await using rig = await createRig({ maxAge: 2 * HOUR })
    const until = rig.clock.now() + 10 * HOUR
    const peer = Object.assign(rig.to('csirt-a'), {
      until: ({ payload }: { payload: string }) => (payload === 'A' ? until : rig.clock.now()),
    })
    peer.answer = () => BUSY
    rig.engine.start()
    await rig.take('A')
    await rig.take('B')
    await rig.clock.advance(2 * HOUR)
    assert.deepEqual(await rig.outcomes(), { A: 'pending', B: 'held' })
    await rig.clock.advance(8 * HOUR - 1)
    assert.equal((await rig.outcomes()).A, 'pending')
    await rig.clock.advance(1)
    const [first] = await rig.all()
    assert.deepEqual([first?.state, first?.reason], ['held', 'gave up after 10 h: HTTP 503'])
  })

  test('sends a group as one, and its members share one fate', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = () => (peer.sent.length === 1 ? BUSY : DELIVERED)
    const { sha } = await import('../store/support.ts')
    const group = { id: 'doc', items: [sha('csirt-a A'), sha('csirt-a B')] }
    rig.engine.start()
    await rig.take('B', 'csirt-a', { group, notBefore: rig.clock.now() + 5000 })
    await rig.clock.advance(1000)
    assert.equal(peer.sent.length, 0)
    await rig.take('A', 'csirt-a', { group, notBefore: rig.clock.now() + 5000 })
    await rig.clock.advance(2000)
    assert.deepEqual(whats(peer.sent), ['A+B', 'A+B'])
    assert.deepEqual(await rig.outcomes(), { A: 'delivered', B: 'delivered' })
  })

  test('sends at the time it must wait for, not a second later', async () => {
    await using rig = await createRig()
    const start = rig.clock.now()
    rig.engine.start()
    await rig.clock.advance(333)
    await rig.take('A', 'csirt-a', { notBefore: start + 777 })
    await rig.clock.advance(1000)
    assert.equal(rig.to('csirt-a').sent[0]?.at, start + 777)
  })
})

/** Two sends under way, each of which ends when it is told how; whatever comes later is answered `later`. */
async function twoUnderWay(later: () => SinkOutcome) {
  const rig = await createRig({ concurrency: 2 })
  const peer = rig.to('csirt-a')
  const end: Record<string, (outcome: SinkOutcome) => void> = {}
  peer.answer = (what) =>
    peer.sent.length > 2
      ? later()
      : new Promise((resolve) => {
          end[what] = resolve
        })
  for (const name of ['A', 'B', 'C']) await rig.take(name)
  rig.engine.start()
  await rig.clock.settle()
  const answer = async (what: string, outcome: SinkOutcome) => {
    end[what]!(outcome)
    await rig.clock.settle()
  }
  return { rig, peer, answer, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() }
}

describe('a destination that asks to be left alone', () => {
  const alone: SinkOutcome = { kind: 'retry', reason: 'HTTP 429', retryAfter: HOUR, destinationDown: true }

  test('is, although a send under way fails without asking for it', async () => {
    await using two = await twoUnderWay(() => DELIVERED)
    await two.answer('A', alone)
    await two.answer('B', DOWN)
    await two.rig.clock.advance(HOUR - 1)
    assert.equal(two.peer.sent.length, 2)
    await two.rig.clock.advance(60_000)
    assert.deepEqual(await two.rig.outcomes(), { A: 'delivered', B: 'delivered', C: 'delivered' })
  })

  test('is, although a send under way is delivered', async () => {
    await using two = await twoUnderWay(() => DELIVERED)
    await two.answer('A', alone)
    await two.rig.clock.advance(20)
    await two.answer('B', DELIVERED)
    await two.rig.clock.advance(HOUR - 21)
    assert.equal(two.peer.sent.length, 2)
    assert.deepEqual(
      two.rig.states.map((one) => one.state),
      ['down'],
    )
    await two.rig.clock.advance(60_000)
    assert.deepEqual(await two.rig.outcomes(), { A: 'delivered', B: 'delivered', C: 'delivered' })
  })

  test('is up again with a send under way that is delivered, when it did not ask', async () => {
    await using two = await twoUnderWay(() => DELIVERED)
    await two.answer('A', DOWN)
    await two.answer('B', DELIVERED)
    assert.deepEqual(
      two.rig.states.map((one) => one.state),
      ['down', 'up'],
    )
  })

  test('for one delivery gets that one no sooner for having been away', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    let away = true
    peer.answer = (what) => (what === 'A' ? { ...BUSY, retryAfter: HOUR } : away ? DOWN : DELIVERED)
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(1000)
    await rig.take('B')
    await rig.clock.advance(60_000)
    away = false
    await rig.clock.advance(HOUR - 61_001)
    assert.equal((await rig.outcomes()).B, 'delivered')
    assert.equal(whats(peer.sent).filter((what) => what === 'A').length, 1)
    await rig.clock.advance(1)
    assert.equal(whats(peer.sent).filter((what) => what === 'A').length, 2)
  })
})

describe('a destination that is down', () => {
  test('is probed with one delivery at a time, ever more rarely, and the others are not tried', async () => {
    await using rig = await createRig({ concurrency: 4 })
    const peer = rig.to('csirt-a')
    peer.answer = async () => {
      await rig.clock.sleep(50)
      return DOWN
    }
    rig.engine.start()
    await rig.take('first')
    await rig.clock.advance(60)
    for (let n = 0; n < 50; n++) await rig.take(`${n}`)
    const before = peer.sent.length
    await rig.clock.advance(10 * 60_000)
    assert.equal(peer.most(), 1)
    const probes = peer.sent.length - before
    assert.ok(probes > 60 && probes < 240, `${probes} probes in ten minutes`)
    const gaps = peer.sent.slice(-10).map((one, i, all) => (i === 0 ? 0 : one.at - all[i - 1]!.at))
    assert.ok(Math.max(...gaps) <= 10_100 && Math.max(...gaps) > 2000)
    assert.equal(
      (await rig.all()).reduce((sum, one) => sum + one.attempts, 0),
      peer.sent.length,
    )
    assert.deepEqual(
      rig.engine.down().map(({ destination, reason }) => [destination, reason]),
      [['csirt-a', 'connection refused']],
    )
  })

  test('is not sent what was claimed while it went down', async () => {
    let hold = false
    let letGo = () => {}
    await using rig = await createRig({
      concurrency: 4,
      through: (store) => ({
        ...store,
        async claim(request) {
          const units = await store.claim(request)
          if (hold && units.length > 0) {
            await new Promise<void>((resolve) => {
              letGo = resolve
            })
          }
          return units
        },
      }),
    })
    const peer = rig.to('csirt-a')
    let goDown = (_: SinkOutcome) => {}
    let later = DOWN
    peer.answer = (what) =>
      what === 'A' && peer.sent.length === 1
        ? new Promise((resolve) => {
            goDown = resolve
          })
        : later
    await rig.take('A')
    rig.engine.start()
    await rig.clock.settle()
    hold = true
    for (const name of ['B', 'C', 'D']) await rig.take(name)
    await rig.clock.settle()
    goDown({ ...DOWN, retryAfter: 60_000 } as SinkOutcome)
    await rig.clock.settle()
    hold = false
    letGo()
    await rig.clock.advance(59_999)
    assert.deepEqual(whats(peer.sent), ['A'])
    const [, claimed] = await rig.all()
    assert.deepEqual(
      [claimed?.state, claimed?.attempts, claimed?.reason],
      ['pending', 0, 'the destination went down before it was sent'],
    )
    later = DELIVERED
    await rig.clock.advance(60_000)
    assert.ok(Object.values(await rig.outcomes()).every((state) => state === 'delivered'))
  })

  test('gets everything at once when it is back', async () => {
    await using rig = await createRig({ concurrency: 4 })
    const peer = rig.to('csirt-a')
    peer.answer = () => DOWN
    rig.engine.start()
    for (let n = 0; n < 50; n++) await rig.take(`${n}`)
    await rig.clock.advance(10 * 60_000)
    peer.answer = () => DELIVERED
    await rig.clock.advance(30_000)
    assert.ok(Object.values(await rig.outcomes()).every((state) => state === 'delivered'))
    assert.deepEqual(
      rig.states.map((one) => one.state),
      ['down', 'up'],
    )
    assert.deepEqual(rig.engine.down(), [])
  })

  test('that refuses several at once has failed once, not several times', async () => {
    await using rig = await createRig({ concurrency: 8 })
    const peer = rig.to('csirt-a')
    peer.answer = async () => {
      await rig.clock.sleep(20)
      return DOWN
    }
    rig.engine.start()
    for (let n = 0; n < 8; n++) await rig.take(`${n}`)
    await rig.clock.advance(20)
    assert.equal(peer.most(), 8)
    await rig.clock.advance(1020)
    assert.ok(peer.sent.length > 8, 'the first probe comes within a second')
  })

  test('that asks to be left alone for ever is not', async () => {
    for (const retryAfter of [Number.MAX_VALUE, Number.NaN, -5, 0.5]) {
      await using rig = await createRig({ maxAge: QUARTER })
      const peer = rig.to('csirt-a')
      peer.answer = () => ({ ...DOWN, retryAfter, destinationDown: peer.sent.length % 2 === 0 }) as SinkOutcome
      rig.engine.start()
      await rig.take('A')
      await rig.clock.advance(QUARTER + 60_000)
      assert.deepEqual(await rig.outcomes(), { A: 'held' })
    }
  })

  test('gets what failed meanwhile, although that is not known to be on disk yet', async () => {
    const onDisk = Promise.withResolvers<void>()
    await using rig = await createRig({
      concurrency: 2,
      through: (store) => ({
        ...store,
        async settle(settlements, trace) {
          await store.settle(settlements, trace)
          if (settlements.some(({ to }) => to === 'pending')) await onDisk.promise
        },
      }),
    })
    const peer = rig.to('csirt-a')
    const answers = new Map<string, (outcome: SinkOutcome) => void>()
    peer.answer = (what) => (peer.sent.length <= 2 ? new Promise((resolve) => answers.set(what, resolve)) : DELIVERED)
    rig.engine.start()
    await rig.take('A')
    await rig.take('B')
    await rig.clock.settle()
    answers.get('A')?.(DOWN)
    await rig.clock.settle()
    await rig.clock.advance(1)
    answers.get('B')?.(DELIVERED)
    await rig.clock.advance(1000)
    onDisk.resolve()
    await rig.clock.advance(60_000)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered', B: 'delivered' })
    assert.equal(peer.sent.length, 3)
  })

  test('gets at once also what waited for its own next attempt', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = () => BUSY
    rig.engine.start()
    for (let n = 0; n < 5; n++) await rig.take(`${n}`)
    await rig.clock.advance(2 * HOUR)
    peer.answer = () => DOWN
    while (rig.states.at(-1)?.state !== 'down') await rig.clock.advance(1000)
    peer.answer = () => DELIVERED
    await rig.clock.advance(60_000)
    const up = rig.states.at(-1)!
    assert.equal(up.state, 'up')
    assert.deepEqual(
      peer.sent.slice(-5).map((one) => one.at),
      Array(5).fill(up.since),
    )
  })

  test('is not stormed when it answers again but takes nothing', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = () => (peer.sent.length === 1 ? DOWN : BUSY)
    rig.engine.start()
    for (let n = 0; n < 5; n++) await rig.take(`${n}`)
    await rig.clock.advance(10 * 60_000)
    assert.ok(peer.sent.length > 60 && peer.sent.length < 240, `${peer.sent.length} sends in ten minutes`)
  })

  test('need not wait for the next probe when it says itself that it is back', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = () => ({ ...DOWN, retryAfter: HOUR })
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(60_000)
    rig.engine.wake('peer', 'csirt-a')
    await rig.clock.settle()
    assert.equal(peer.sent.length, 1)
    peer.answer = () => DELIVERED
    rig.engine.wake('peer', 'csirt-a', 'back')
    await rig.clock.settle()
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
  })

  test('is not kept down by one delivery that it cannot stand', async () => {
    await using rig = await createRig()
    rig.to('csirt-a').answer = (what) => (what === 'poison' ? DOWN : DELIVERED)
    rig.engine.start()
    await rig.take('poison')
    for (let n = 0; n < 20; n++) await rig.take(`${n}`)
    await rig.clock.advance(60_000)
    const { poison, ...others } = await rig.outcomes()
    assert.equal(poison, 'pending')
    assert.ok(Object.values(others).every((state) => state === 'delivered'))
  })

  test('for longer than maxAge: all that waited is held, what came since is not', async () => {
    await using rig = await createRig({ maxAge: HOUR })
    rig.to('csirt-a').answer = () => DOWN
    rig.engine.start()
    for (let n = 0; n < 30; n++) await rig.take(`old ${n}`)
    await rig.clock.advance(50 * 60_000)
    await rig.take('new')
    await rig.clock.advance(11 * 60_000)
    const { new: fresh, ...old } = await rig.outcomes()
    assert.equal(fresh, 'pending')
    assert.ok(Object.values(old).every((state) => state === 'held'))
    assert.ok(
      (await rig.all()).every((one) => one.state !== 'held' || one.reason === 'gave up after 1 h: connection refused'),
    )
  })

  test('after a long rest of the gateway: what is old is tried before it is given up', async () => {
    await using rig = await createRig({ maxAge: HOUR })
    for (let n = 0; n < 30; n++) await rig.take(`${n}`)
    await rig.clock.advance(4 * DAY)
    let calls = 0
    rig.to('csirt-a').answer = () => (++calls <= 4 ? DOWN : DELIVERED)
    rig.engine.start()
    await rig.clock.advance(60_000)
    const states = Object.values(await rig.outcomes())
    assert.equal(states.filter((state) => state === 'held').length, 4)
    assert.equal(states.filter((state) => state === 'delivered').length, 26)
  })

  test('among a hundred delays nobody else', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `csirt-${n}`)
    await using rig = await createRig({ destinations: names })
    rig.to('csirt-7').answer = () => new Promise(() => {})
    rig.to('csirt-8').answer = () => DOWN
    rig.engine.start()
    for (const name of names) await rig.take(`for ${name}`, name)
    await rig.clock.advance(1000)
    for (const name of names) await rig.take(`more for ${name}`, name)
    await rig.clock.advance(1000)
    const waiting = (await rig.all()).filter((one) => one.state !== 'delivered')
    assert.deepEqual([...new Set(waiting.map((one) => one.destination))].sort(), ['csirt-7', 'csirt-8'])
  })
})

describe('a queue that takes its time to be read', () => {
  test('does not keep waiting what comes in meanwhile and has a time of its own', async () => {
    const bench = await createBench()
    const { clock } = bench
    const slow = (store: Store): Store => ({
      ...store,
      async backlog() {
        const rows = await store.backlog()
        await clock.sleep(200)
        return rows
      },
    })
    await using rig = await createRig({ bench, through: slow })
    rig.engine.start()
    await clock.advance(100)
    await rig.take('A', 'csirt-a', { notBefore: clock.now() + 500 })
    await clock.advance(1000)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
  })
})

describe('an operator', () => {
  test('retries what is held, from another process, and it goes out within a second', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = () => (peer.sent.length === 1 ? HELD : DELIVERED)
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(10_000)
    const other = await rig.beside()
    assert.equal(await other.retry((await rig.all())[0]!.id, rig.clock.now()), true)
    await rig.clock.advance(1100)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
  })

  test('who retries what was given up begins a new life', async () => {
    await using rig = await createRig({ maxAge: QUARTER })
    rig.to('csirt-a').answer = () => BUSY
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(2 * QUARTER)
    await rig.store.retry((await rig.all())[0]!.id, rig.clock.now())
    await rig.clock.advance(QUARTER - 60_000)
    assert.deepEqual(await rig.outcomes(), { A: 'pending' })
    await rig.clock.advance(2 * 60_000)
    assert.deepEqual(await rig.outcomes(), { A: 'held' })
  })

  test('discards what waits, and it is not sent', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = () => BUSY
    rig.engine.start()
    await rig.take('A')
    await rig.clock.settle()
    const sent = peer.sent.length
    assert.equal(await rig.store.discard((await rig.all())[0]!.id, rig.clock.now()), true)
    peer.answer = () => DELIVERED
    await rig.clock.advance(HOUR)
    assert.equal(peer.sent.length, sent)
    assert.deepEqual(await rig.outcomes(), { A: 'discarded' })
  })
})

describe('stopping', () => {
  test('waits for what is being sent, and takes up nothing more', async () => {
    await using rig = await createRig({ concurrency: 1 })
    rig.to('csirt-a').answer = async () => {
      await rig.clock.sleep(3000)
      return DELIVERED
    }
    rig.engine.start()
    await rig.take('A')
    await rig.take('B')
    await rig.clock.advance(1000)
    let drained = false
    const draining = rig.engine.drain(10_000).then(() => {
      drained = true
    })
    await rig.clock.advance(1999)
    assert.equal(drained, false)
    await rig.clock.advance(1)
    await draining
    assert.deepEqual(await rig.outcomes(), { A: 'delivered', B: 'pending' })
  })

  test('cuts short what does not end in time: pending again, the attempt not counted', async () => {
    await using rig = await createRig()
    rig.to('csirt-a').answer = (what, signal) =>
      new Promise((resolve) => {
        // "lost" ignores its signal
        if (what === 'lost') return
        signal.addEventListener('abort', () => resolve(what === 'late' ? DELIVERED : BUSY))
      })
    rig.engine.start()
    for (const name of ['cut', 'late', 'lost']) await rig.take(name)
    await rig.clock.advance(1000)
    const draining = rig.engine.drain(2000)
    await rig.clock.advance(10_000)
    await draining
    assert.deepEqual(await rig.outcomes(), { cut: 'pending', late: 'delivered', lost: 'pending' })
    assert.ok((await rig.all()).every((one) => one.attempts === (one.state === 'delivered' ? 1 : 0)))
  })

  test('a sink that never comes back does not hold its delivery for ever', async () => {
    await using rig = await createRig()
    const peer = rig.to('csirt-a')
    peer.answer = () => (peer.sent.length === 1 ? new Promise(() => {}) : DELIVERED)
    rig.engine.start()
    await rig.take('A')
    await rig.clock.advance(10 * 60_000)
    assert.deepEqual(await rig.outcomes(), { A: 'delivered' })
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GridItem } from '../../../src/grid/contract.ts'
import { event, type FakeIq } from '../../support/fake-controller.ts'
import { fakeCertificates } from '../../support/fake-grid.ts'
import { FakeTopic, item, join } from '../../support/fake-topic.ts'
import { Recorder, until } from '../../support/recorder.ts'

const IDS = Array.from({ length: 300 }, (_, i) => `i${i}`)

/** Takes items one lot behind the other, as the contract has it, and only when told to. */
class Taker extends Recorder {
  /** ids of each lot, in the order of the calls */
  readonly lots: string[][] = []
  readonly told: string[] = []
  most = 0
  #open = 0
  #last: Promise<void> = Promise.resolve()

  override async items(topic: string, items: readonly GridItem[]): Promise<void> {
    this.lots.push(items.map(({ id }) => id))
    this.#open += 1
    this.most = Math.max(this.most, this.#open)
    const before = this.#last
    const done = before.then(() => super.items(topic, items))
    this.#last = done
    // another failure is another join's
    done.catch(() => {
      if (this.#last === done) this.#last = Promise.resolve()
    })
    try {
      await done
      this.told.push(...items.map(({ id }) => id))
    } finally {
      this.#open -= 1
    }
  }

  override retracted(topic: string, ids: readonly string[]): void {
    this.told.push(...ids.map((id) => `-${id}`))
    super.retracted(topic, ids)
  }
}

describe('catching up with a Topic', () => {
  const made = fakeCertificates()

  /** A Topic that keeps these items, gives all but the `silent` ones, and whoever joins it, told to take them when the gate opens. */
  async function catchingUp({
    lots = 3,
    silent = () => false,
  }: {
    lots?: number
    silent?: (id: string) => boolean
  } = {}) {
    const topic = new FakeTopic()
    const recorder = new Taker()
    const onIq = (iq: FakeIq) => (silent(/<item id="([^"]*)"/.exec(iq.xml)?.[1] ?? '') ? '' : topic.onIq(iq))
    const link = await join({ made, script: { onIq }, recorder, options: {} })
    const gate = Promise.withResolvers<void>()
    recorder.gate = gate.promise
    topic.add(...IDS)
    link.fake.drop()
    await until(() => recorder.lots.length >= lots, 'the lots')
    return { ...link, topic, recorder, gate }
  }

  test('hands on a few lots, one behind the other, while the first is being committed', async () => {
    await using link = await catchingUp()
    const { recorder, topic, gate } = link
    // and asks for some more, while they wait
    await until(() => topic.fetched.length >= recorder.lots.flat().length + 64, 'what is asked for ahead')
    assert.ok(topic.fetched.length <= recorder.lots.flat().length + 64 + 32, `${topic.fetched.length} are asked for`)
    assert.equal(recorder.lots.length, 3)
    gate.resolve()
    await until(() => recorder.told.length === IDS.length, 'all items')
    assert.deepEqual(recorder.ids(), IDS)
    assert.deepEqual(topic.fetched.flat(), IDS)
    assert.equal(recorder.most, 3)
    assert.ok(recorder.lots.length < 30, `${recorder.lots.length} lots`)
  })

  test('hands on nothing behind what could not be taken, and all of it again', async () => {
    await using link = await catchingUp()
    const { recorder, topic, gate } = link
    recorder.failure = new Error('the disk is full')
    const handed = recorder.lots.length
    gate.resolve()
    await until(() => topic.lists >= 3, 'the next join')
    recorder.failure = undefined
    await until(() => recorder.told.length >= IDS.length, 'all items')
    assert.deepEqual(recorder.ids(), IDS)
    assert.deepEqual(recorder.lots[handed]?.[0], IDS[0])
    const failures = link.log.lines.filter(({ text }) => text === 'Items could not be taken in.')
    assert.ok(failures.length >= handed)
  })

  test('begins anew, where the stream is lost, behind the lots that are under way', async () => {
    await using link = await catchingUp()
    const { recorder, topic, gate } = link
    const handed = recorder.lots.flat().length
    link.fake.drop()
    await until(() => recorder.stateOf('session') !== 'up', 'the end of the session')
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal(topic.lists, 2)
    assert.equal(recorder.lots.flat().length, handed)
    gate.resolve()
    await until(() => recorder.seen.size === IDS.length, 'all items')
    // those that were taken are known by what they say
    assert.deepEqual(recorder.ids(), IDS)
    assert.equal(topic.lists, 3)
  })

  test('also where it waits for the Broker then', async () => {
    let isSlow = true
    await using link = await catchingUp({ lots: 1, silent: (id) => isSlow && Number(id.slice(1)) >= 40 })
    const { recorder, topic, gate } = link
    await until(() => topic.fetched.flat().includes('i39'), 'what is given')
    isSlow = false
    link.fake.drop()
    await until(() => recorder.stateOf('session') !== 'up', 'the end of the session')
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal(topic.lists, 2)
    gate.resolve()
    await until(() => recorder.seen.size === IDS.length, 'all items')
    assert.deepEqual(recorder.ids(), IDS)
  })

  test('what comes meanwhile, and what is retracted, is told behind them', async () => {
    await using link = await catchingUp()
    const { recorder, gate } = link
    await link.fake.send(event('incident', item('new')) + event('incident', '<retract id="i7"/>'))
    gate.resolve()
    await until(() => recorder.told.length === IDS.length + 2, 'everything')
    assert.deepEqual(recorder.told, [...IDS, 'new', '-i7'])
  })
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import type { GridItem } from '../../src/grid/contract.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createReader, type Reader } from '../../src/reading/reader.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import type { Store } from '../../src/store/contract.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { documentText, incidentText } from '../support/documents.ts'
import { until } from '../support/recorder.ts'
import { peer, published, valid } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const OTHERS = ['a', 'b', 'c', 'd']

/** Items of a document each: `from` to `to`. */
const itemsOf = (from: number, to: number, topic = 'incident'): GridItem[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i)).flatMap((id) =>
    published(valid(documentText([incidentText({ id })]))).map(({ item }) => ({ ...item, topic, retained: true })),
  )

/** A door in for items whose readers and store are watched: `commit` is awaited by each commit, `reading` by each reading. */
async function bench({ commit = async () => {}, reading = async () => {} }: Partial<Record<Watched, Watch>> = {}) {
  const own = await createBench(MEMORY)
  const read: string[] = []
  const asked: string[] = []
  const store: Store = new Proxy(own.store, {
    get(target, key) {
      if (key !== 'accept') return Reflect.get(target, key).bind(target)
      return async (...args: Parameters<Store['accept']>) => {
        const [{ incidents }] = args
        asked.push(incidents[0] ?? '')
        await commit(incidents[0] ?? '')
        return target.accept(...args)
      }
    },
  })
  const noting: Reader = {
    ...reader,
    async inspect(bytes, ...how) {
      const id = /IncidentID[^>]*>([^<]*)/.exec(Buffer.from(bytes).toString())?.[1] ?? ''
      read.push(id)
      await reading(id)
      return reader.inspect(bytes, ...how)
    },
  }
  const events = createEvents({ log, metrics: createMetrics(), clock: own.clock })
  const config = { peers: [peer({ topics: ['incident', ...OTHERS] })] }
  const consume = createConsumer({
    ...{ config, reader: noting, store, events, clock: own.clock, wake: () => {} },
  })
  return {
    store: own.store,
    read,
    asked,
    consume,
    kept: async () => (await own.store.list()).map(({ incident }) => incident.replace(/^\S+ /, '')),
    cursor: async () => (await own.store.cursor('incident'))?.itemId,
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

type Watched = 'commit' | 'reading'
type Watch = (incident: string) => Promise<void>

const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i))

test('the next items are read while those before them are committed, and nothing more', async () => {
  const gate = Promise.withResolvers<void>()
  await using t = await bench({ commit: () => gate.promise })
  const [first, second] = [itemsOf(1, 3), itemsOf(4, 5)]
  const done = Promise.all([t.consume('incident', first), t.consume('incident', second)])
  await until(() => t.read.length === 5 && t.asked.length > 0, 'the second lot to be read')
  // whoever is killed now has these to read again
  assert.equal(await t.cursor(), undefined)
  assert.equal(t.asked.length, 3)
  gate.resolve()
  await done
  assert.deepEqual((await t.kept()).toSorted(), names(1, 5))
  assert.deepEqual(
    t.asked.map((incident) => incident.replace(/^\S+ /, '')),
    names(1, 5),
  )
  assert.equal(await t.cursor(), second.at(-1)?.id)
})

test('they are committed in their order, however soon the later ones are read', async () => {
  const gate = Promise.withResolvers<void>()
  await using t = await bench({ reading: async (id) => (id === '2' ? gate.promise : undefined) })
  const done = [itemsOf(1, 2), itemsOf(3, 4), itemsOf(5, 6)].map((items) => t.consume('incident', items))
  await until(() => t.read.length === 6, 'all to be read')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(t.asked.length, 0)
  gate.resolve()
  await Promise.all(done)
  assert.deepEqual(
    t.asked.map((incident) => incident.replace(/^\S+ /, '')),
    names(1, 6),
  )
})

test('behind items that could not be committed nothing is, until they come again', async () => {
  let isFull = true
  await using t = await bench({
    commit: async (incident) => {
      if (isFull && incident.endsWith(' 2')) throw new GatewayError('store-unavailable')
    },
  })
  const lots = [itemsOf(1, 2), itemsOf(3, 4), itemsOf(5, 6)]
  const outcomes = await Promise.allSettled(lots.map((items) => t.consume('incident', items)))
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code),
    ['store-unavailable', 'store-unavailable', 'store-unavailable'],
  )
  assert.deepEqual(await t.kept(), ['1'])
  assert.equal(await t.cursor(), lots[0]?.[0]?.id)
  isFull = false
  await Promise.all(lots.map((items) => t.consume('incident', items)))
  assert.deepEqual((await t.kept()).toSorted(), names(1, 6))
  assert.equal(await t.cursor(), lots.at(-1)?.at(-1)?.id)
})

test('items that are known already wait for those before them, too', async () => {
  let isFull = false
  const gate = Promise.withResolvers<void>()
  await using t = await bench({
    commit: async () => {
      if (!isFull) return
      await gate.promise
      throw new GatewayError('store-unavailable')
    },
  })
  const known = itemsOf(9, 9)
  await t.consume('incident', known)
  isFull = true
  const outcomes = Promise.allSettled([itemsOf(1, 1), known].map((items) => t.consume('incident', items)))
  await until(() => t.asked.length === 2, 'the commit')
  gate.resolve()
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
})

test('one Topic waits for nothing of another', async () => {
  const gate = Promise.withResolvers<void>()
  await using t = await bench({ commit: async (incident) => (incident.endsWith(' 1') ? gate.promise : undefined) })
  const waiting = t.consume('incident', itemsOf(1, 1))
  await t.consume('a', itemsOf(2, 2, 'a'))
  assert.deepEqual(await t.kept(), ['2'])
  gate.resolve()
  await waiting
})

test('few are read ahead, of however many Topics: the others wait', async () => {
  const gate = Promise.withResolvers<void>()
  await using t = await bench({ commit: () => gate.promise })
  const done = ['incident', ...OTHERS].flatMap((topic, i) => [
    t.consume(topic, itemsOf(100 * i, 100 * i, topic)),
    t.consume(topic, itemsOf(100 * i + 1, 100 * i + 32, topic)),
  ])
  // of the fifth Topic none but the one that is being committed
  const most = 5 + 4 * 32
  await until(() => t.read.length >= most && t.asked.length === 5, 'what may be read')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(t.read.length, most)
  gate.resolve()
  await Promise.all(done)
  assert.equal((await t.kept()).length, 165)
})
